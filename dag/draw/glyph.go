package draw

// The letters of lines, by the directions in which they leave a cell: up is 1,
// right 2, down 4, left 8.
const (
	thinGlyphs   = " ╵╶└╷│┌├╴┘─┴┐┤┬┼"
	roundGlyphs  = " ╵╶╰╷│╭├╴╯─┴╮┤┬┼"
	doubleGlyphs = " ║═╚║║╔╠═╝═╩╗╣╦╬"
)

// glyph is the letter of the lines in a cell.
func (c *cell) glyph(plain bool) rune {
	ways := c.ways
	if ways == 0 {
		return ' '
	}
	if ways == up|right|down|left && !c.bends { // they cross: the upright one is on top
		ways = up | down
	}
	upright, across := ways&(left|right) == 0, ways&(up|down) == 0
	if plain {
		switch {
		case upright && c.upright == brokenLine:
			return ':'
		case upright:
			return '|'
		case across && c.level == doubleLine:
			return '='
		case across && c.level == brokenLine:
			return '.'
		case across:
			return '-'
		}
		return '+'
	}
	switch {
	case upright && c.upright == brokenLine:
		return '╎'
	case across && c.level == brokenLine:
		return '╌'
	case c.box && c.level == doubleLine && c.upright == doubleLine:
		return pick(doubleGlyphs, ways)
	case c.box && c.level == doubleLine && !upright: // a line leaves a double border
		return map[uint8]rune{up | left | right: '╧', down | left | right: '╤', left | right: '═'}[ways]
	case c.box && c.upright == doubleLine:
		return map[uint8]rune{up | down | right: '╟', up | down | left: '╢', up | down: '║'}[ways]
	case c.box:
		return pick(thinGlyphs, ways)
	}
	return pick(roundGlyphs, ways)
}

func pick(glyphs string, ways uint8) rune { return []rune(glyphs)[ways] }
