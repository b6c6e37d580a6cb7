/**
 * Loaded with `--import` before a program: collects garbage every so often, and at the end writes to the file named in
 * `HEAP_USE` how many bytes of the heap were in use after that: the most in the last third of the time since the first output,
 * when the inventory has long been read.
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
  samples.push(process.memoryUsage().heapUsed)
}, EVERY_MS).unref()

process.on('exit', () => {
  const file = process.env['HEAP_USE']
  const most = Math.max(...samples.slice(Math.floor((samples.length * 2) / 3)))
  if (file !== undefined) writeFileSync(file, String(most))
})
