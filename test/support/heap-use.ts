/**
 * Loaded with `--import` before a program: collects garbage every so often, and at the end writes to the file named in
 * `HEAP_USE` how many bytes were in use after that: the median over the last third of the time since the first output, so
 * that what is only held for a moment does not count, and what is kept does.
 */
import {writeFileSync} from 'node:fs'
import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'

const EVERY_MS = 100

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
const samples: number[] = []
let began = false

const stdout: {write: unknown} = process.stdout
if (typeof stdout.write === 'function') {
  stdout.write = new Proxy(stdout.write, {
    apply(write, self, args) {
      began = true
      return Reflect.apply(write, self, args)
    },
  })
}

setInterval(() => {
  if (!began) return
  collect()
  const {heapUsed, external} = process.memoryUsage()
  samples.push(heapUsed + external)
}, EVERY_MS).unref()

process.on('exit', () => {
  const file = process.env['HEAP_USE']
  const late = samples.slice(Math.floor((samples.length * 2) / 3)).toSorted((a, b) => a - b)
  const median = late[Math.floor(late.length / 2)]
  if (file !== undefined) writeFileSync(file, String(median))
})
