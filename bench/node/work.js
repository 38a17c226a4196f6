// A job's work on one thread, with the clock running.
import { setTimeout as pause } from 'node:timers/promises'

const LINES_BETWEEN_TURNS = 100 // of the event loop, without which an asynchronous stream writes nothing
const BURST = 20
const PAUSE_MS = 1
const CLOCK_TRIALS = 1001

export const now = () => process.hrtime.bigint()

async function makeInTurns (session, count) {
  for (let done = 0; done < count; done += LINES_BETWEEN_TURNS) {
    session.make(Math.min(LINES_BETWEEN_TURNS, count - done))
    await session.room()
  }
  await session.flushed()
}

// Makes count lines; gives the times of its start and its end.
export function work (session, count) {
  return session.inContext(async () => {
    const start = now()
    if (session.room) await makeInTurns(session, count)
    else session.make(count)
    return { start, end: now() }
  })
}

function costOfReading () {
  const trials = Float64Array.from({ length: CLOCK_TRIALS }, () => {
    const before = performance.now()
    return performance.now() - before
  })
  return trials.sort()[CLOCK_TRIALS >> 1]
}

async function burstsOf (session, bursts) {
  const samples = new Float64Array(bursts * BURST)
  for (let sample = 0; sample < samples.length;) {
    await pause(PAUSE_MS)
    for (let i = 0; i < BURST; i++) {
      const before = performance.now()
      session.make(1)
      samples[sample++] = performance.now() - before
    }
  }
  return samples
}

// How long each call took, in nanoseconds, from the shortest to the longest.
export async function latencies (session, bursts) {
  costOfReading() // once to have it compiled
  const cost = costOfReading()
  const samples = await session.inContext(() => burstsOf(session, bursts))
  await session.flushed()
  return samples.sort().map((milliseconds) => Math.max(0, milliseconds - cost) * 1e6)
}
