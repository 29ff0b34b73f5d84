'use strict';
// The Node.js executor of Serverledge: loads one function and runs its calls.
//
// Started inside an instance as `node executor.js`. It speaks the protocol of
// pool/channel (see doc.go there) on a unix socket that it dials. It needs
// Node.js 17 or later and nothing from npm.

const { AsyncLocalStorage } = require('async_hooks');
const fs = require('fs');
const net = require('net');
const path = require('path');
const { pathToFileURL } = require('url');

const PROTOCOL = 1;
const HELLO = 1, INIT = 2, READY = 3, INVOKE = 4, RESULT = 5, ERROR = 6, LOG = 7;
const FIXED = 13; // length, type, stream, header length

// The limits of functions.MaxOutput and functions.MaxPrinted, and those of
// what a failure may say.
const MAX_OUTPUT = 6 << 20;
const MAX_PRINTED = 256 << 10;
const MAX_MESSAGE = 16 << 10;
const MAX_TRACE = 200;

const EMPTY = Buffer.alloc(0);

class HandlerNotFound extends Error {}

// ------------------------------------------------------------------ frames

function frame(type, stream, header, body) {
  const out = Buffer.allocUnsafe(FIXED + header.length + body.length);
  out.writeUInt32BE(9 + header.length + body.length, 0);
  out.writeUInt8(type, 4);
  out.writeUInt32BE(stream, 5);
  out.writeUInt32BE(header.length, 9);
  header.copy(out, FIXED);
  body.copy(out, FIXED + header.length);
  return out;
}

// reader calls take(type, stream, header, body) for every frame in the chunks
// that it is given.
function reader(take) {
  let parts = [], size = 0, need = FIXED;
  return (chunk) => {
    parts.push(chunk);
    size += chunk.length;
    if (size < need) return;
    let data = parts.length === 1 ? parts[0] : Buffer.concat(parts, size);
    while (data.length >= FIXED) {
      const total = 4 + data.readUInt32BE(0);
      if (data.length < total) break;
      const body = FIXED + data.readUInt32BE(9);
      take(data.readUInt8(4), data.readUInt32BE(5), data.toString('utf8', FIXED, body), data.toString('utf8', body, total));
      data = data.subarray(total);
    }
    parts = data.length ? [data] : [];
    size = data.length;
    need = size >= 4 ? Math.max(FIXED, 4 + data.readUInt32BE(0)) : FIXED;
  };
}

// --------------------------------------------------------- what calls print

// A Call that asked for its output has a page to print on.
class Call {
  constructor(stream, captured) {
    this.stream = stream;
    this.page = captured ? [] : null;
    this.room = MAX_PRINTED;
    this.truncated = false;
  }

  print(data) {
    if (this.page === null) return;
    if (data.length > this.room) {
      this.truncated = true;
      data = data.subarray(0, this.room);
    }
    if (data.length) this.page.push(Buffer.from(data));
    this.room -= data.length;
  }

  log() {
    if (this.page === null || (!this.page.length && !this.truncated)) return EMPTY;
    const header = this.truncated ? Buffer.from('{"truncated":true}') : EMPTY;
    return frame(LOG, this.stream, header, Buffer.concat(this.page));
  }
}

const running = new Map(); // stream -> Call
const current = new AsyncLocalStorage(); // the Call whose code is running
let several = false; // whether calls run side by side

// printing is the call that prints now, if one can be named.
function printing() {
  if (several) return current.getStore();
  for (const call of running.values()) return call;
  return undefined;
}

// capture replaces the way to stdout and stderr. File descriptors 1 and 2
// themselves lead to /dev/null, so what child processes inherit is dropped.
function capture(stream) {
  stream.write = (data, encoding, done) => {
    if (typeof encoding === 'function') [encoding, done] = [undefined, encoding];
    const call = printing();
    if (call && call.page !== null) {
      if (call.room > 0 || !call.truncated) call.print(typeof data === 'string' ? Buffer.from(data, encoding) : Buffer.from(data));
    }
    if (done) process.nextTick(done);
    return true;
  };
}

// ----------------------------------------------------------------- answers

function answer(stream, result) {
  let text;
  try {
    text = result === undefined ? 'null' : JSON.stringify(result);
  } catch (error) {
    return errorFrame(stream, 'Function.InvalidResult', String(error), []);
  }
  if (text === undefined) return errorFrame(stream, 'Function.InvalidResult', `a ${typeof result} is no JSON value`, []);
  const body = Buffer.from(text);
  if (body.length > MAX_OUTPUT) {
    return errorFrame(stream, 'Function.ResultTooLarge', `the result is ${body.length} bytes, the limit is ${MAX_OUTPUT}`, []);
  }
  return frame(RESULT, stream, EMPTY, body);
}

function failure(stream, error) {
  if (error instanceof HandlerNotFound) return errorFrame(stream, 'Function.HandlerNotFound', error.message, []);
  return errorFrame(stream, typeOf(error), messageOf(error), traceOf(error));
}

function errorFrame(stream, type, message, trace) {
  const text = { type, message: message.slice(0, MAX_MESSAGE), trace: trace.slice(0, MAX_TRACE).map((line) => line.slice(0, 2000)) };
  return frame(ERROR, stream, Buffer.from(JSON.stringify(text)), EMPTY);
}

// What is thrown may be anything, and may be hostile.
function typeOf(error) {
  try {
    if (error instanceof Error) return String(error.name || 'Error');
    return 'Error';
  } catch {
    return 'Error';
  }
}

function messageOf(error) {
  try {
    return String(error instanceof Error ? error.message : typeof error === 'object' ? JSON.stringify(error) : error);
  } catch {
    return '(the error has no text)';
  }
}

// traceOf gives the stack without our own frames and Node's below them.
function traceOf(error) {
  try {
    const lines = String(error.stack || '').split('\n');
    const ours = lines.findIndex((line) => line.includes(__filename));
    return (ours < 0 ? lines : lines.slice(0, ours)).filter((line) => !line.includes('(node:internal'));
  } catch {
    return [];
  }
}

// ----------------------------------------------------------------- calling

function serve(socket, handler) {
  const end = (call, data) => {
    if (!running.delete(call.stream)) return; // it was answered before
    const log = call.log();
    socket.write(log.length ? Buffer.concat([log, data]) : data);
  };
  const strays = (error) => {
    const call = several ? current.getStore() : undefined;
    const blamed = call && running.has(call.stream) ? [call] : [...running.values()];
    if (!blamed.length) process.exit(1);
    for (const call of blamed) end(call, failure(call.stream, error));
  };
  process.on('uncaughtException', strays);
  process.on('unhandledRejection', strays);

  const invoke = (call, context, body) => {
    let result;
    try {
      result = handler(JSON.parse(body), context);
    } catch (error) {
      end(call, failure(call.stream, error));
      return;
    }
    if (result !== null && typeof result === 'object' && typeof result.then === 'function') {
      Promise.resolve(result).then(
        (value) => end(call, answer(call.stream, value)),
        (error) => end(call, failure(call.stream, error)));
      return;
    }
    end(call, answer(call.stream, result));
  };
  return (stream, header, body) => {
    const context = JSON.parse(header);
    const call = new Call(stream, context.output === true);
    delete context.output;
    running.set(stream, call);
    if (several) current.run(call, invoke, call, context, body);
    else invoke(call, context, body);
  };
}

// ----------------------------------------------------------------- loading

const EXTENSIONS = ['.js', '.mjs', '.cjs'];

// find returns the file of a handler and the name of its export, if it has one:
// "hello", "hello.js", "dir/hello" are files, "hello.main" is an export of one.
function find(directory, handler) {
  const isFile = (p) => {
    const info = fs.statSync(p, { throwIfNoEntry: false });
    return info !== undefined && info.isFile();
  };
  const file = (name) => {
    const tries = EXTENSIONS.includes(path.extname(name)) ? [''] : [...EXTENSIONS, ''];
    return tries.map((e) => path.join(directory, name + e)).find(isFile);
  };
  const whole = file(handler);
  if (whole) return [whole, ''];
  const dot = handler.lastIndexOf('.');
  const stem = dot > 0 ? file(handler.slice(0, dot)) : undefined;
  if (stem) return [stem, handler.slice(dot + 1)];
  throw new HandlerNotFound(`the package has no file ${handler} or ${handler}.js`);
}

async function load(init) {
  Object.assign(process.env, init.env || {});
  process.chdir(init.dir);
  const [file, name] = find(init.dir, init.handler);
  let module;
  try {
    module = file.endsWith('.mjs') ? await import(pathToFileURL(file).href) : require(file);
  } catch (error) {
    if (!error || error.code !== 'ERR_REQUIRE_ESM') throw error;
    module = await import(pathToFileURL(file).href);
  }
  const handler = pick(module, name);
  if (handler) return handler;
  throw new HandlerNotFound(name
    ? `${path.basename(file)} does not export a function ${name}`
    : `${path.basename(file)} does not export a function (module.exports = function, or exports.handler)`);
}

// pick finds the handler among what a module exports.
function pick(module, name) {
  const inner = module && module.default;
  const among = name
    ? [module && module[name], inner && inner[name]]
    : [module, module && module.handler, inner, inner && inner.handler];
  return among.find((f) => typeof f === 'function');
}

function main() {
  const token = process.env.SERVERLEDGE_TOKEN || '';
  const address = process.env.SERVERLEDGE_SOCKET || '/run/serverledge/node.sock';
  delete process.env.SERVERLEDGE_TOKEN;
  delete process.env.SERVERLEDGE_SOCKET;
  let invoke;
  const socket = net.connect({ path: address });
  const begin = async (init) => {
    several = init.concurrency > 1;
    capture(process.stdout);
    capture(process.stderr);
    try {
      invoke = serve(socket, await load(init));
    } catch (error) {
      const data = error instanceof HandlerNotFound ? failure(0, error)
        : errorFrame(0, 'Function.InitFailed', `${typeOf(error)}: ${messageOf(error)}`, traceOf(error));
      socket.end(data, () => process.exit(0));
      return;
    }
    socket.write(frame(READY, 0, EMPTY, EMPTY));
  };
  socket.on('data', reader((type, stream, header, body) => {
    if (type === INVOKE) invoke(stream, header, body);
    else if (type === INIT) begin(JSON.parse(header));
  }));
  // The node is gone: so is the reason to be.
  socket.on('error', () => process.exit(0));
  socket.on('close', () => process.exit(0));
  const hello = { protocol: PROTOCOL, token, runtime: `Node.js ${process.versions.node}`, pid: process.pid };
  socket.write(frame(HELLO, 0, Buffer.from(JSON.stringify(hello)), EMPTY));
}

main();
