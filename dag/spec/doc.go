// Package spec compiles the YAML DAG notation to dataflow graphs of package
// dag. A definition (YAML, or the same in JSON) names tasks and what each needs:
//
//	name: thumbnails
//	tasks:
//	  fetch:
//	    function: fetch
//	    with: {url: "${input.url}"}
//	    retry: {attempts: 3, interval: 1s, backoff: 2, max_delay: 30s, on: [Timeout]}
//	    timeout: 30s
//	  resize:
//	    function: resize
//	    when: fetch.kind == 'image'
//	    with: {image: "${fetch.image}", size: 3}
//	  tag:
//	    function: tag
//	    foreach: ${fetch.items}
//	    concurrency: 4
//	    with: {item: "${item}", number: "${index}"}
//	output: {small: "${resize}", tags: "${tag}"}
//
// # Fields
//
//	name, description  texts for people
//	tasks              the tasks by name (letters, digits, _ and -)
//	output             the outcome, a template; by default an object with the
//	                   output of each task that nothing needs and that ran
//
// Of a task:
//
//	function     the function it calls; the one field that must be there
//	description  a text for people
//	needs        tasks that must be done before. A task whose output is used in
//	             with, when or foreach is needed without being listed.
//	with         what the function gets, a template; by default the input of
//	             the execution, or the item under foreach
//	when         a condition; a task whose condition is false is skipped, and so
//	             are those that need it
//	join         all (default), or any: the task starts when everything it needs
//	             is done or skipped, and at least one is done
//	foreach      an expression for an array or an object: the function is called
//	             once per element, the output is the array of the results
//	concurrency  how many elements are under way at a time (default 40)
//	timeout      of one attempt, for example 500ms, 30s, 5m
//	retry        attempts: tries in all, the first one included (default 3)
//	             interval: before the second (default 1s)
//	             backoff: what the interval grows by (default 2)
//	             max_delay: what it grows to; jitter: true draws it at random
//	             on: names of errors (default: all). Timeout, Failed (all but
//	             Timeout) and All are known; any other is the error type that a
//	             function fails with
//
// # Templates and expressions
//
// In a template every string may hold ${expression}. A string that is one
// ${expression} becomes its JSON value, whatever the type; inside other text
// strings are put as they are and other values as JSON. $${ stands for ${.
// The values of when and foreach are expressions, with or without ${ } around.
//
//	input           the input of the execution
//	fetch           the output of the task fetch
//	item            the element (foreach, in with); index its number from 0;
//	                key its key when foreach goes through an object
//	.name ["name"]  a member of an object     [0] [-1]  an element of an array
//	1.5 'text' "text" true false null         literals
//	== !=           equal, of any types       < <= > >=  two numbers or two texts
//	a ?? b          b where a is missing or null
//	and or not ( )  on true and false
//	has(path)       whether there is a value
//
// From loosest to tightest: or, and, not, comparison, ??. What is missing fails
// the task with States.Runtime, except inside has and before ??. In output a
// skipped task counts as null.
//
// The published schema of the notation is Schema. Problems have these codes:
//
//	DAG001 syntax        DAG002 duplicate key   DAG003 size limits
//	DAG004 YAML misuse   DAG005 wrong type      DAG006 missing field
//	DAG007 unknown field DAG009 wrong value     DAG010 task name
//	DAG012 unknown task  DAG013 cycle           DAG020 expression
//	DAG021 name used where it means nothing     DAG022 function name
//	DAG031 field without effect
//
// The invariant: what Compile accepts, the kernel can run to an end, within
// bounds, on any input.
package spec
