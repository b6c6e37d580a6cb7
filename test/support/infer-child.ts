/**
 * Infers from standard input, or with `lines` only takes it apart into lines as Node does, collecting garbage every so
 * often, and prints what it took (see infer-memory.ts).
 */
import {createInterface} from 'node:readline'
import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'
import {infer} from '../../src/infer/index.ts'
import {catalogue} from '../../src/scopes/catalogue.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
const EVERY_MS = 50
let [heap, memory] = [0, 0]
function sample(): void {
  collect()
  const {heapUsed, external} = process.memoryUsage()
  heap = Math.max(heap, heapUsed)
  memory = Math.max(memory, heapUsed + external)
}
const sampling = setInterval(sample, EVERY_MS)

const began = process.cpuUsage()
const calls = process.argv[2] === 'lines' ? await lines() : await inferred()
clearInterval(sampling)
// A short text is read before the first of them.
sample()
process.stdout.write(JSON.stringify({heap, memory, calls, seconds: process.cpuUsage(began).user / 1e6}))

async function inferred(): Promise<number> {
  const {read} = await infer(['-'], {
    catalogue: await catalogue('1.22'),
    by: 'user',
    user: undefined,
    profile: undefined,
    as: undefined,
    stdin: process.stdin,
    signal: new AbortController().signal,
  })
  return read.calls
}

async function lines(): Promise<number> {
  let count = 0
  for await (const _ of createInterface({input: process.stdin})) count++
  return count
}
