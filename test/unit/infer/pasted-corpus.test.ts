import {readFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {readPasted} from '../../../src/infer/pasted.ts'
import {askIn, callIn, requestScopes, type Pasted} from '../../../src/scopes/call.ts'
import {catalogue, readable} from '../../../src/scopes/catalogue.ts'
import {restOfGates} from '../../../src/scopes/explain-words.ts'

interface Label {
  text: string
  /** What the server said; nothing known, where it is absent. */
  says?: 'denial' | 'refusal'
  /** Which door was asked, where it was not the API's. */
  asks?: 'git' | 'package'
  method?: string
  path?: string
  reach?: string
  status?: number
  needs: string[]
  rest?: string[]
}

function corpus(name: string): {told: Label[]; quiet?: string[]} {
  return parse(readFileSync(join(resolve(import.meta.dirname, '../../corpus/explain'), name), 'utf8'))
}

/** What Gitea 1.22 asks for, of the call or request and of the answer beside it. */
async function needsOf(pasted: Pasted): Promise<string[]> {
  const ask = askIn(pasted)
  const match = ask?.kind === 'call' ? (await catalogue('1.22')).match(ask.method, ask.path) : undefined
  const called = match?.kind === 'route' ? match.route.scopes : []
  const asked = ask && ask.kind !== 'call' ? requestScopes(ask) : called
  return [...new Set([...asked, ...(pasted.kind === 'denial' ? pasted.required : [])])]
}

describe.each(['calls.yaml', 'registry.yaml', 'pairs.yaml'])('%s', (name) => {
  const {told, quiet = []} = corpus(name)

  test.each(told)('$text', async ({text, says, asks, method, path, reach, status, needs}) => {
    const pasted = (await readPasted(text))!
    const [ask, call] = [askIn(pasted), callIn(pasted)]
    const request = ask && ask.kind !== 'call' ? ask : undefined
    expect(ask === pasted ? undefined : pasted.kind).toBe(says)
    expect([call && `${call.method}${call.methodSaid ? '' : '?'}`, call && readable(call.path)]).toEqual([method, path])
    expect([request?.kind, request?.reach]).toEqual([asks, reach])
    expect(ask?.status).toBe(status)
    expect((await needsOf(pasted)).toSorted()).toEqual(needs.toSorted())
  })

  test.each(quiet.map((text) => [text]))('"%s" holds none', async (text) => {
    expect(await readPasted(text)).toBeUndefined()
  })
})

test.each(corpus('pairs.yaml').told.filter(({rest}) => rest))(
  'what the answer beside $path does not name, is named',
  async ({text, rest = []}) => {
    const pasted = (await readPasted(text))!
    const [call, required] = [callIn(pasted)!, pasted.kind === 'denial' ? pasted.required : []]
    const match = (await catalogue('1.22')).match(call.method, call.path)
    const words = restOfGates(match.kind === 'route' ? match.route.gates : [], required)
    expect(words.map((sentence) => /again, for (.*)\.$/.exec(sentence)?.[1])).toEqual(rest)
  },
)

test('a long text without an end of any word is read at once', async () => {
  const began = performance.now()
  for (const piece of ['${{ x ', '/api/v1', ' -x', '\n', '{"', 'a/b', 'GET /repos/']) {
    await readPasted(`see ${piece.repeat(40_000 / piece.length)} "`)
  }
  expect(performance.now() - began).toBeLessThan(10_000)
})
