// bench-node LOGGER: the benchmark's contestants that run on Node.
import * as pino from './pino.js'
import { serve } from './runner.js'

const contestants = { pino }
const name = process.argv[2]
if (process.argv.length !== 3 || !Object.hasOwn(contestants, name)) {
  console.error(`usage: bench-node LOGGER, which is one of: ${Object.keys(contestants).join(', ')}`)
  process.exit(2)
}
await serve(name, contestants[name])
