package draw

// svgStyle is the style of the pictures. It names every colour twice, for
// light and dark, and uses no variables: some programs that show SVG do not
// know them.
const svgStyle = `<style>
text{font-family:Inter,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Liberation Sans",sans-serif;fill:#1b2433}
.name{font-size:13px;font-weight:600}
.detail,.mark,.on{font-size:11px}
.detail{fill:#5f6b85}
.mark,.on,.pill{text-anchor:middle}
.pill{font-size:13px;font-weight:600}
.bg{fill:#fff}
.card{fill:#fff;stroke:#cfd7e6;stroke-width:1.5}
.container>.card{fill:#f5f7fb;stroke:#c3cde0}
.branch{fill:#fff;fill-opacity:.75;stroke:#cfd7e6;stroke-dasharray:2 4}
.symbol{fill:none;stroke:#fff;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.chip{fill:#3563e9}
.pass>.chip{fill:#64748b}
.choice>.chip{fill:#c2700a}
.wait>.chip{fill:#7c4ddb}
.succeed>.chip{fill:#15803d}
.fail>.chip{fill:#cc2b37}
.parallel>.chip{fill:#0e7490}
.map>.chip{fill:#b8257a}
.badge{fill:#e9eef8}
.mark{fill:#3d4a66}
.edge{fill:none;stroke:#8492ab;stroke-width:1.6}
.edge.catch{stroke:#d04a52;stroke-dasharray:5 4}
.edge.tip{fill:#8492ab;stroke:none}
.edge.catch.tip{fill:#d04a52}
.label>rect{fill:#fff;stroke:#dbe2ee}
.label>.on{fill:#45526d}
.label.catch>rect{stroke:#efc2c5}
.label.catch>.on{fill:#b3313a}
.start>rect,.start>circle,.end>.core{fill:#2b3750}
.start>.pill{fill:#fff}
.end>rect,.end>circle{fill:#fff;stroke:#2b3750;stroke-width:2}
.end>.core{stroke:none}
.status>circle{stroke:#fff;stroke-width:2}
.status>path{fill:none;stroke:#fff;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.s-succeeded>.card{stroke:#15803d;stroke-width:2}
.s-succeeded>.status>circle{fill:#15803d}
.s-failed>.card{stroke:#cc2b37;stroke-width:2}
.s-failed>.status>circle{fill:#cc2b37}
.s-running>.card{stroke:#3563e9;stroke-width:2}
.s-running>.status>circle{fill:#3563e9}
.s-running>.status>path{fill:#fff}
.s-not-reached{opacity:.55}
@media (prefers-color-scheme:dark){
text{fill:#e7ecf6}
.detail{fill:#9aa7c0}
.bg{fill:#10151f}
.card{fill:#1a2130;stroke:#36425a}
.container>.card{fill:#151b28;stroke:#3a4761}
.branch{fill:#10151f;stroke:#36425a}
.badge{fill:#2a3550}
.mark{fill:#c5d0e6}
.edge{stroke:#7f8ca6}
.edge.catch{stroke:#ef7a80}
.edge.tip{fill:#7f8ca6;stroke:none}
.edge.catch.tip{fill:#ef7a80}
.label>rect{fill:#10151f;stroke:#36425a}
.label>.on{fill:#c5d0e6}
.label.catch>rect{stroke:#6e3a40}
.label.catch>.on{fill:#f59aa0}
.start>rect,.start>circle,.end>.core{fill:#dfe6f3}
.start>.pill{fill:#10151f}
.end>rect,.end>circle{fill:#10151f;stroke:#dfe6f3}
.status>circle{stroke:#10151f}
}
</style>
`

// symbol is the path of the symbol of a kind of state, in a square of 16.
func symbol(k Kind) string {
	switch k {
	case Task:
		return "M4.5 3h1.7l5.3 10M7.8 6.5L4.5 13"
	case Pass:
		return "M3 8h9.5M9 4.5L12.5 8 9 11.5"
	case Choice:
		return "M8 2.5L13.5 8 8 13.5 2.5 8z"
	case Wait:
		return "M8 2.5a5.5 5.5 0 1 0 .01 0M8 5v3.2l2.2 1.3"
	case Succeed:
		return "M3.5 8.5l3 3 6-6.5"
	case Fail:
		return "M4.5 4.5l7 7M11.5 4.5l-7 7"
	case Parallel:
		return "M4 3v10M8 3v10M12 3v10"
	case Map:
		return "M8 2.5l5.5 2.8L8 8 2.5 5.3zM2.5 8.3L8 11l5.5-2.7M2.5 11L8 13.7 13.5 11"
	case Start, End, Branch:
	}
	return ""
}
