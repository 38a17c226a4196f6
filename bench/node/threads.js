// Runs that have more than one thread: each is a worker that stays for the next run.
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { once } from 'node:events'
import { work } from './work.js'

const workers = []

async function answerOf (worker) {
  const [answer] = await once(worker, 'message')
  if (answer.error) throw new Error(answer.error)
  return answer
}

function hire (contestant) {
  return new Worker(new URL(import.meta.url), { workerData: { contestant } })
}

// After a failure some would wait at the gate for ever.
async function dismissAll () {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()))
}

export async function runOnThreads (contestant, job, count) {
  try {
    return await runTogether(contestant, job, count)
  } catch (error) {
    await dismissAll()
    throw error
  }
}

// All set up first, then all start at a gate that they wait at.
async function runTogether (contestant, job, count) {
  while (workers.length < job.threads) workers.push(hire(contestant))
  const crew = workers.slice(0, job.threads)
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const told = (message) => Promise.all(crew.map((worker) => {
    const answer = answerOf(worker)
    if (message) worker.postMessage(message)
    return answer
  }))
  await told({ job, count, gate })
  const finished = told()
  Atomics.store(gate, 0, 1)
  Atomics.notify(gate, 0)
  return finished
}

async function runOnce ({ begin }, { job, count, gate }) {
  const session = await begin(job)
  parentPort.postMessage({ ready: true })
  Atomics.wait(gate, 0, 0)
  const times = await work(session, count)
  await session.close()
  return { ...times, bytes: session.bytes?.() }
}

if (workerData?.contestant) {
  const contestant = await import(`./${workerData.contestant}.js`)
  parentPort.on('message', async (message) => {
    try {
      parentPort.postMessage(await runOnce(contestant, message))
    } catch (error) {
      parentPort.postMessage({ error: error.message })
    }
  })
}
