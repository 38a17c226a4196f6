// The contestant pino: its configuration, its sinks, and what one line of each scenario is.
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import pino from 'pino'
import * as values from './values.js'

const EVENT = values.EVENT
const OVERLOAD_QUEUE = 256 * 1024
const DOCUMENTED_MIN_LENGTH = 4096 // docs/asynchronous.md of pino
const context = new AsyncLocalStorage()
let bound // the last logger of scenario j stays reachable: without this its making could be left out

export const about = {
  name: 'pino',
  version: pino.version,
  language: 'Node',
  cannot: { l: 'a thread of Node has a heap of its own: AsyncLocalStorage does not reach into another one' },
  notes: [
    'keys are not unique',
    'context variables: AsyncLocalStorage, read by pino\'s mixin',
    'threads are worker threads, each with a logger of its own',
    'asynchronous: pino.transport() with pino/file, a worker thread; at overload: pino.destination() with maxLength, ' +
      'and a turn of the event loop every 100 lines'
  ],
  sinks: ['discard', 'null', 'file', 'async']
}

// -- how the logger is set up --

let second = -1
let upToSecond = ''

// pino's own times have milliseconds or nanoseconds. As its nanoseconds do, this adds a monotonic clock to the wall
// clock of the start. A date is worked out once a second.
function timestamp () {
  const now = performance.timeOrigin + performance.now()
  const millisecond = Math.floor(now)
  const ofSecond = millisecond % 1000
  if (millisecond - ofSecond !== second) {
    second = millisecond - ofSecond
    upToSecond = `,"timestamp":"${new Date(second).toISOString().slice(0, -4)}`
  }
  return upToSecond + values.threeDigits[ofSecond] + values.threeDigits[Math.floor((now - millisecond) * 1000)] + 'Z"'
}

const plain = {
  base: null,
  timestamp, // its key is not "time": that is a field of scenario h
  messageKey: 'event',
  formatters: { level: (label) => ({ level: label }) },
  serializers: { error: (error) => error.message }
}

// A fresh object that both are assigned to was several times faster here than pino's default, which wants the mixin's
// result to be one that it may change.
const withContext = {
  ...plain,
  mixin: () => context.getStore(),
  mixinMergeStrategy: (fields, variables) => Object.assign({}, variables, fields)
}

// -- sinks: the stream is for pino, the rest for begin() --

function discardingSink (longestLine) {
  const buffer = Buffer.allocUnsafe(longestLine)
  const stream = {
    bytes: 0,
    write (line) { this.bytes += buffer.write(line) }
  }
  return { stream, bytes: () => stream.bytes, close () {} }
}

async function close (stream) {
  const closed = once(stream, 'close')
  stream.end()
  await closed
}

function writingSink (path) {
  const stream = pino.destination({ dest: path, append: true, sync: true })
  let bytes = 0
  stream.on('write', (length) => { bytes += length })
  return { stream, bytes: () => bytes, close: () => close(stream) }
}

function droppingSink (path) {
  const file = openSync(path, 'a') // pino itself, when it cannot open a file asynchronously, fails again at exit
  const options = { dest: file, sync: false, minLength: DOCUMENTED_MIN_LENGTH, maxLength: OVERLOAD_QUEUE }
  const stream = pino.destination(options)
  let dropped = 0
  stream.on('drop', () => { dropped++ })
  return { stream, room: turn, flushed: () => emptied(stream), dropped: () => dropped, close: () => close(stream) }
}

// A flush while a write is under way does nothing, and one with a callback syncs the disk.
async function emptied (stream) {
  while (stream._len > 0) {
    stream.flush()
    await turn()
  }
}

async function transportSink (path) {
  const stream = pino.transport({ target: 'pino/file', options: { destination: path, append: true } })
  await once(stream, 'ready')
  return {
    stream,
    room: () => stream.writableNeedDrain ? once(stream, 'drain') : turn(),
    flushed: () => new Promise((resolve, reject) => stream.flush((error) => error ? reject(error) : resolve())),
    close: () => close(stream)
  }
}

function open (job) {
  switch (job.sink) {
    case 'discard': return discardingSink(65536 + 3 * job.number)
    case 'overload': return droppingSink(job.path)
    case 'async': return transportSink(job.path)
    default: return writingSink(job.sink === 'null' ? '/dev/null' : job.path)
  }
}

// -- scenarios: each gives a function that makes lines --

function repeatedly (operation) {
  return (count) => { for (let i = 0; i < count; i++) operation() }
}

function without (logger) {
  return repeatedly(() => logger.info(EVENT))
}

function withThree (logger) {
  const { three } = values
  return repeatedly(() => logger.info({
    status: three.status, bytes: three.bytes, duration_ms: three.duration_ms
  }, EVENT))
}

function tenFields () {
  const { ten } = values
  return {
    request_id: ten.request_id,
    method: ten.method,
    path: ten.path,
    client: ten.client,
    user_id: ten.user_id,
    tenant: ten.tenant,
    attempt: ten.attempt,
    cached: ten.cached,
    ratio: ten.ratio,
    region: ten.region
  }
}

function fiveFields () {
  const { five } = values
  return {
    request_id: five.request_id, method: five.method, path: five.path, client: five.client, user_id: five.user_id
  }
}

function fiveVariables () {
  const { context5 } = values
  return {
    trace_id: context5.trace_id,
    span_id: context5.span_id,
    session: context5.session,
    locale: context5.locale,
    shard: context5.shard
  }
}

function withOverride (logger) {
  const { three, override } = values
  return repeatedly(() => logger.info({
    status: three.status, bytes: three.bytes, duration_ms: three.duration_ms, attempt: override.attempt
  }, EVENT))
}

function withMixed (logger) {
  const { mixed } = values
  return repeatedly(() => logger.info({
    int: mixed.int,
    ints: mixed.ints,
    string: mixed.string,
    strings: mixed.strings,
    time: mixed.time,
    times: mixed.times,
    user1: mixed.user1,
    user2: mixed.user2,
    users: mixed.users,
    error: mixed.error
  }, EVENT))
}

function scopes (logger) {
  const line = () => logger.info(EVENT)
  return repeatedly(() => context.run(fiveVariables(), line))
}

// Its own loop: what costs next to nothing would be measured with the call out of a loop that all share.
function disabled (logger) {
  return (count) => { for (let i = 0; i < count; i++) logger.debug(tenFields(), EVENT) }
}

const scenarios = {
  a: { make: without },
  b: { bound: values.ten, make: without },
  c: { make: (logger) => repeatedly(() => logger.info(tenFields(), EVENT)) },
  d: { bound: values.ten, make: withThree },
  e: { bound: values.five, variables: values.context5, make: withThree },
  f: { bound: values.five, variables: values.context20, make: withThree },
  g: { bound: values.ten, make: withOverride },
  h: { make: withMixed },
  i: { make: disabled },
  j: { make: (logger) => repeatedly(() => { bound = logger.child(fiveFields()) }) },
  k: { variables: {}, make: scopes },
  l: {}
}

const sizedScenarios = {
  bound: (number) => ({ bound: values.numberedFields(number), make: without }),
  context: (number) => ({ variables: values.numberedFields(number), make: without }),
  length: (number) => {
    const text = { payload: 'x'.repeat(number) }
    return { make: (logger) => repeatedly(() => logger.info({ payload: text.payload }, EVENT)) }
  }
}

// Sets up a job: make(count) makes lines; inContext(work) is how the work is to be called; room(), of an asynchronous
// sink, lets it write, and waits while its queue is full; flushed() waits until it is empty.
export async function begin (job) {
  const scenario = job.kind in sizedScenarios ? sizedScenarios[job.kind](job.number) : scenarios[job.kind]
  const { stream, ...sink } = await open(job)
  const root = pino(scenario.variables ? withContext : plain, stream)
  return {
    ...sink,
    make: scenario.make(scenario.bound ? root.child(scenario.bound) : root),
    inContext: (work) => scenario.variables ? context.run(scenario.variables, work) : work()
  }
}
