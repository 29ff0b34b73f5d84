// Package channel is the wire between a node and the executor of one instance.
//
// The node listens on a unix socket in a folder that belongs to the instance
// alone; the executor, started inside a container or sandbox that sees this
// folder read-only at Mount, dials it and says HELLO with a one-shot token;
// then the node stops listening. The executor has no port and no address, and
// needs no network.
//
// A frame is, in big-endian order,
//
//	u32 length | u8 type | u32 stream | u32 header length | header | body
//
// where length counts everything after itself, the header is a JSON object or
// nothing, and the body is raw bytes: a document is never JSON within JSON.
// Stream 0 is the instance; every call has a stream of its own.
//
//	HELLO   to the node      {"protocol":1,"token":…,"runtime":"Python 3.11.2","pid":7}
//	INIT    to the executor  {"handler":…,"dir":…,"env":{…},"concurrency":1,"memory_mb":128,…}
//	READY   to the node      (stream 0) the user's code is loaded
//	INVOKE  to the executor  {"function":…,"namespace":…,"memory_mb":…,"execution":…,"key":…,"attempt":1,
//	                         "deadline_ms":…,"output":true}; the body is the input
//	LOG     to the node      {"truncated":true} or nothing; the body is text that the call printed
//	RESULT  to the node      the body is the output, one JSON document
//	ERROR   to the node      {"type":…,"message":…,"trace":[…]}; stream 0: the code cannot be loaded
//
// The LOG frames of a call come before its RESULT or ERROR. The header of
// INVOKE is the context that a handler gets as its second argument.
//
// The package is not a driver: it starts and kills nothing. Its invariant:
// whatever the other side sends, the node holds at most one frame of MaxFrame
// bytes a connection beyond what it has accepted, a call gets the answer of its
// own stream or a failure, and a connection that broke the protocol is closed.
package channel
