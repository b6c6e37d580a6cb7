import * as fc from 'fast-check'
import {expect, test} from 'vitest'
import {eachElement} from '../../../src/infer/json-elements.ts'

const never = new AbortController().signal

async function* inPieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(text: string, size = 7) {
  const elements: {element: unknown; line: number}[] = []
  const ending = await eachElement(
    inPieces(text, size),
    ['log', 'entries'],
    (element, line) => elements.push({element, line}),
    never,
  )
  return {ending, elements, values: elements.map(({element}) => element)}
}

/** JSON as somebody else may write it: any keys beside the path, any indentation. */
const documents = fc
  .record({
    before: fc.dictionary(fc.string(), fc.jsonValue(), {maxKeys: 3}),
    inner: fc.dictionary(fc.string(), fc.jsonValue(), {maxKeys: 3}),
    entries: fc.array(fc.jsonValue(), {maxLength: 5}),
    indent: fc.constantFrom(undefined, 1, '\t'),
  })
  .map(({before, inner, entries, indent}) => {
    const strip = (from: object, key: string) =>
      Object.fromEntries(Object.entries(from).filter(([name]) => name !== key))
    const document = {...strip(before, 'log'), log: {...strip(inner, 'entries'), entries}}
    return {text: JSON.stringify(document, null, indent), entries}
  })

test('the elements are those that JSON.parse finds, however the document arrives', async () => {
  await fc.assert(
    fc.asyncProperty(documents, fc.integer({min: 1, max: 40}), async ({text, entries}, size) => {
      const {values, ending} = await read(text, size)
      expect(JSON.stringify(values)).toBe(JSON.stringify(entries))
      expect(ending).toBe('whole')
    }),
  )
})

test('only the array at the path counts, not one of the same name elsewhere', async () => {
  const text =
    '{"entries": [1], "other": {"log": {"entries": [2]}}, "log": {"a": {"entries": [3]}, "entries": [4], "b": 5}}'
  expect((await read(text)).values).toEqual([4])
})

test('an element knows the line that it begins in', async () => {
  const {elements} = await read('{"log": {\n"entries": [\n{"a":\n1},\n\n 2]}}')
  expect(elements).toEqual([
    {element: {a: 1}, line: 3},
    {element: 2, line: 6},
  ])
})

test.each([
  ['breaks off', '{"log": {"entries": [{"a": 1}, {"b"', 'torn', [{a: 1}]],
  ['breaks off before it', '{"log": {"ent', 'torn', []],
  ['is broken', '{"log": {"entries": [{"a": 1}, {"b" 2}, 3]}}', 'broken', [{a: 1}]],
  ['is no JSON', '<log>', 'broken', []],
  ['goes on behind its end', '{"log": {"entries": [1]}}{', 'broken', [1]],
  ['has another array', '{"log": {"pages": [1]}}', 'absent', []],
  ['has a mapping there', '{"log": {"entries": {"a": 1}}}', 'absent', []],
  ['has an empty one', '{"log": {"entries": []}}', 'whole', []],
])('what a document comes to that %s', async (_, text, ending, values) => {
  expect(await read(text)).toMatchObject({ending, values})
})
