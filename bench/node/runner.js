// The protocol of bench/README.md: a command a line on standard input, an answer a line on standard output.
import { statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { runOnThreads } from './threads.js'
import { latencies, work } from './work.js'

const MOST_THREADS = 64
const MOST_FIELDS = 100
const MOST_PAYLOAD = 16 << 20
const MOST_BURSTS = 1_000_000
const SHOWN_LINES = 3
const SINKS = ['discard', 'null', 'file', 'async']

class Cannot extends Error {}

// -- what was asked for --

function whole (text, what, least, most) {
  const number = /^\d+$/.test(text) ? Number(text) : NaN
  if (!(number >= least && number <= most)) throw new Error(`${what} is '${text}', should be ${least} to ${most}`)
  return number
}

function parseScenario (text) {
  if (/^[a-l]$/.test(text)) return { kind: text, number: 0 }
  const [, kind, number] = /^(bound|context|length)-(\d+)$/.exec(text) ?? []
  if (!kind) throw new Error(`no scenario '${text}'; there are a to l, bound-N, context-N, length-N`)
  return { kind, number: whole(number, `N of ${kind}-N`, 0, kind === 'length' ? MOST_PAYLOAD : MOST_FIELDS) }
}

function parseJob (about, scenario, sink, threads, path) {
  if (sink !== 'overload' && !SINKS.includes(sink)) {
    throw new Error(`no sink '${sink}'; there are ${SINKS.join(', ')}`)
  }
  const crew = whole(threads, 'the number of threads', 1, MOST_THREADS)
  const job = { ...parseScenario(scenario), sink, threads: crew, path }
  const reason = about.cannot[scenario] ?? about.cannot[`${job.kind}-N`] ?? about.cannot[sink]
  if (reason) throw new Cannot(reason)
  return job
}

// -- runs --

const inFile = (job) => job.sink === 'file' || job.sink === 'async'
const sizeOf = (path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0

async function withSession (contestant, job, use) {
  const session = await contestant.begin(job)
  try {
    return await use(session)
  } finally {
    await session.close()
  }
}

async function runHere (contestant, job, count) {
  return withSession(contestant, job, async (session) => {
    const times = await work(session, count)
    return [{ ...times, bytes: session.bytes?.() }]
  })
}

function durationOf (parts) {
  const start = parts.map((part) => part.start).reduce((a, b) => a < b ? a : b)
  const end = parts.map((part) => part.end).reduce((a, b) => a > b ? a : b)
  return Number(end - start)
}

async function run (name, contestant, scenario, sink, threads, countText, path) {
  const job = parseJob(contestant.about, scenario, sink, threads, path)
  const count = whole(countText, 'COUNT', 1, Number.MAX_SAFE_INTEGER)
  const before = inFile(job) ? sizeOf(path) : 0
  const parts = await (job.threads === 1 ? runHere(contestant, job, count) : runOnThreads(name, job, count))
  const bytes = inFile(job) ? sizeOf(path) - before : parts.reduce((sum, part) => sum + part.bytes, 0)
  return { ns: durationOf(parts), lines: count * job.threads, bytes, allocations: null }
}

async function show (name, contestant, scenario, path) {
  await runHere(contestant, parseJob(contestant.about, scenario, 'file', '1', path), SHOWN_LINES)
  return {}
}

async function latency (name, contestant, scenario, path, burstsText) {
  const job = parseJob(contestant.about, scenario, 'async', '1', path)
  const bursts = whole(burstsText, 'BURSTS', 1, MOST_BURSTS)
  const sorted = await withSession(contestant, job, (session) => latencies(session, bursts))
  const percentile = (part) => Math.round(sorted[Math.floor((sorted.length - 1) * part)] * 10) / 10
  return { samples: sorted.length, p50: percentile(0.5), p99: percentile(0.99), p999: percentile(0.999) }
}

async function overload (name, contestant, countText, path) {
  const job = parseJob(contestant.about, 'd', 'overload', '1', path)
  const count = whole(countText, 'COUNT', 1, Number.MAX_SAFE_INTEGER)
  return withSession(contestant, job, async (session) => {
    const ns = durationOf([await work(session, count)])
    return { lines: count, ns, told: session.dropped?.() ?? null }
  })
}

// -- commands --

const commands = {
  hello: { parameters: [], carryOut: async (name, contestant) => contestant.about },
  run: { parameters: ['SCENARIO', 'SINK', 'THREADS', 'COUNT', 'PATH'], carryOut: run },
  show: { parameters: ['SCENARIO', 'PATH'], carryOut: show },
  latency: { parameters: ['SCENARIO', 'PATH', 'BURSTS'], carryOut: latency },
  overload: { parameters: ['COUNT', 'PATH'], carryOut: overload }
}

async function answer (name, contestant, line) {
  const [verb, ...rest] = line.trim().split(/\s+/)
  const command = Object.hasOwn(commands, verb) ? commands[verb] : null
  if (!command) throw new Error(`no command '${verb}'; there are ${Object.keys(commands).join(', ')}, quit`)
  if (rest.length !== command.parameters.length) throw new Error([verb, 'wants:', ...command.parameters].join(' '))
  return command.carryOut(name, contestant, ...rest)
}

const asAnswer = (error) => error instanceof Cannot ? { cannot: error.message } : { error: error.message }

export async function serve (name, contestant) {
  setInterval(() => {}, 1 << 30) // Node would end while only a transport's thread is waited for
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === 'quit') break
    const said = await answer(name, contestant, line).catch(asAnswer)
    process.stdout.write(JSON.stringify(said) + '\n')
  }
  process.exit(0)
}
