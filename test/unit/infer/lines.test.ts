import * as fc from 'fast-check'
import {expect, test} from 'vitest'
import {eachLine, LONGEST_LINE} from '../../../src/infer/lines.ts'

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function linesOf(text: string, size: number, signal = new AbortController().signal): Promise<string[]> {
  const lines: string[] = []
  await eachLine(inPieces(Buffer.from(text), size), (line, number) => (lines[number - 1] = line), signal)
  return lines
}

test('lines are those between line feeds, wherever the pieces end', async () => {
  const line = fc.string({unit: fc.constantFrom('a', 'é', '€', '😀', ' ', '"'), maxLength: 12})
  await fc.assert(
    fc.asyncProperty(fc.array(line, {minLength: 1}), fc.integer({min: 1, max: 9}), async (lines, size) => {
      const text = lines.join('\n')
      const wanted = lines.at(-1) === '' ? lines.slice(0, -1) : lines
      expect(await linesOf(text, size)).toEqual(wanted)
    }),
  )
})

test('the ends of Windows lines are taken away', async () => {
  expect(await linesOf('a\r\nb\r\n\r\nc', 2)).toEqual(['a', 'b', '', 'c'])
})

test('of a line without end only the beginning is kept', async () => {
  const lines = await linesOf(`${'x'.repeat(3 * LONGEST_LINE)}\nnext`, 10_000)
  expect(lines.map(({length}) => length)).toEqual([LONGEST_LINE, 4])
})

test('an abort ends reading', async () => {
  const stop = new AbortController()
  const read = linesOf('a\nb\nc\n', 2, stop.signal)
  stop.abort(new Error('stopped'))
  await expect(read).rejects.toThrow('stopped')
})
