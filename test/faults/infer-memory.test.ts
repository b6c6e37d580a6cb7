import {describe, expect, test} from 'vitest'
import {accessLogLine, harEntry, inferredFrom} from '../support/infer-memory.ts'

const MB = 1024 * 1024
const [SHORT, LONG] = [12 * MB, 120 * MB]

describe('ten times the input takes no more memory', () => {
  test.each([
    ['in an access log', {piece: accessLogLine}],
    ['in a line without end', {begin: accessLogLine(1), piece: () => 'x'.repeat(1000), end: `\n${accessLogLine(0)}`}],
    ['in a HAR file with large answers', {begin: '{"log": {"entries": [\n', piece: harEntry, end: ']}}'}],
  ])('%s', async (_, pieces) => {
    const [short, long] = [await inferredFrom(pieces, SHORT), await inferredFrom(pieces, LONG)]
    expect(long.calls).toBeGreaterThan(1)
    expect(long.heap / short.heap).toBeLessThan(1.15)
    expect(long.memory / short.memory).toBeLessThan(2.5)
  })
})
