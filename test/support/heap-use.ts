/**
 * Loaded with `--import` before a program: collects garbage every so often, and at the end writes to the file named in
 * `HEAP_USE` how many bytes were in use after that, in the heap and in the buffers beside it: the most of the whole run.
 */
import {writeFileSync} from 'node:fs'
import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'

const EVERY_MS = 200
/** How much longer the program runs than a collection takes, or a large heap on a busy machine gets nowhere. */
const LONGER = 4

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
let most = 0

function measure(): void {
  const began = performance.now()
  // The first may leave buffers to be swept in the background; the second waits for that.
  collect()
  collect()
  const {heapUsed, arrayBuffers} = process.memoryUsage()
  most = Math.max(most, heapUsed + arrayBuffers)
  setTimeout(measure, Math.max(EVERY_MS, LONGER * (performance.now() - began))).unref()
}
setTimeout(measure, EVERY_MS).unref()

process.on('exit', () => {
  const file = process.env['HEAP_USE']
  if (file !== undefined) writeFileSync(file, String(most))
})
