import {globSync, readFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {expect, test} from 'vitest'
import {commandsIn, isAdvice} from './support/told-advice.ts'
import {shells, wrongIn} from './support/typed-advice.ts'

const root = resolve(import.meta.dirname, '..')

/** What is put into a command line as it is: made by patrol, or held to a pattern without anything special by patrol.yaml. */
const HARMLESS = /^(?:word|named)\(|agent|(?:^|\.)(?:id|rotation|method|ref)$/

/** The same, by other names: agents, formats of a flag, versions and pages of our own. */
const OTHERS = new Set([
  "src/smoke/smoke.ts: nobody ? ' --swarm-via a2a' : ''",
  'src/rotation/abort.ts: each',
  "src/rotation/hold.ts: held.join(' ')",
  "src/rotation/revoke-by-hand.ts: onIt.join(' ')",
  'src/rotation/revoke-by-hand.ts: other',
  "src/fleet/fixes.ts: holders.map(({name}) => named(name)).join(' ')",
  'src/report/acts.ts: from',
  'src/scopes/explain-advice.ts: listed(unable)',
  'src/scopes/explain-advice.ts: whose',
  'src/scopes/explain-advice.ts: first',
  'src/report/page.ts: name',
  'src/report/sandbox.ts: name',
  'src/doctor/doctor.ts: awaited[0]',
])

/** One command line of the source, and what is put into it. */
interface Advised {
  file: string
  line: string
  values: string[]
}

const PUT_IN = /\$\{((?:[^{}]|\{[^{}]*\})*)\}/g
const LITERAL =
  /'((?:patrol|ls|chmod|mkdir|mv|df|git|timedatectl) [^'\n]*)'|(?<!\\|\brun)`((?:patrol|ls|chmod|mkdir|mv|df|git|timedatectl) (?:\$\{(?:[^{}]|\{[^{}]*\})*\}|[^`$])*)`/g
/** What `run` makes a command line of: it quotes what is put in. */
const RUN = /(?<=[\s([])run`(?=[a-z])((?:\$\{(?:[^{}]|\{[^{}]*\})*\}|[^`$\n])*)`/g

const sources = globSync('src/**/*.ts', {cwd: root}).map((file) => {
  const code = readFileSync(join(root, file), 'utf8').replaceAll(/^\s*(?:\/?\*|\/\/).*$/gm, '')
  return {file, code}
})

const advised: Advised[] = sources.flatMap(({file, code}) => {
  const run = [...code.matchAll(RUN)].map(([, template = '']) => {
    return {file, line: template.replaceAll(PUT_IN, '1'), values: []}
  })
  const written = [...code.matchAll(LITERAL)]
    .map(([, plain, template = '']) => ({
      file,
      line: plain ?? template.replaceAll(PUT_IN, '1'),
      values: [...(plain === undefined ? template : '').matchAll(PUT_IN)].map(([, value = '']) => value),
    }))
    .filter(({line}) => isAdvice(line))
  return [...run, ...written]
})

test('every command line in the source can be typed as it stands, in every shell', async () => {
  expect(advised.length).toBeGreaterThan(100)
  expect(shells()).toContain('bash')
  const wrong = await wrongIn([...new Set(advised.map(({line}) => line))])
  // What is put in is a 1 here, which a flag with a choice of words does not take.
  expect(wrong.filter((each) => !/=1 to be one of|no page "1"/.test(each))).toEqual([])
})

/** Of a linted file it is not known whose it is, so what mends it has words to be filled in. */
const ofNobody = (file: string): boolean => file.startsWith('src/lint/rules/')

test('so can every one in the middle of a sentence', async () => {
  const told = sources.flatMap(({file, code}) => (ofNobody(file) ? [] : commandsIn(code.replaceAll(PUT_IN, '1'))))
  expect(new Set(told).size).toBeGreaterThan(5)
  const wrong = await wrongIn([...new Set(told)])
  expect(wrong.filter((each) => !/=1 to be one of|no page "1"/.test(each))).toEqual([])
})

test('no sentence leaves a word to be filled in', () => {
  const filler = /<(?:id|workspace|agent|name|user|rotation|file)>/
  const left = sources.flatMap(({file, code}) => (filler.test(code) ? [file] : []))
  // What fixes look like, for nobody in particular; and in plans the name of a token that is yet to be minted.
  const plans = ['by-hand', 'plan', 'rehearsal'].map((name) => `src/rotation/${name}.ts`)
  expect(left.toSorted()).toEqual(['src/fleet/rules.ts', 'src/onboarding/plan.ts', ...plans])
})

test('what comes from outside is quoted where it is put into a command line', () => {
  const bare = advised.flatMap(({file, values}) =>
    values
      .filter((value) => !HARMLESS.test(value))
      .map((value) => `${file}: ${value}`)
      .filter((place) => !OTHERS.has(place)),
  )
  expect(bare).toEqual([])
})

test.each([
  ['patrol rotate a  # then b', /"#"/],
  ['patrol revoke a --confirm=b --confirm a', /only be specified once/],
  ['patrol push a --token-file FILE', /"FILE" is to be filled in/],
  ['patrol audit --baseline=NEW-FILE', /"NEW-FILE" is to be filled in/],
  ['patrol smoke', /Missing 1 required arg/],
  ['patrol probe a b', /Unexpected argument/],
  ['patrol rotate a --supersed 1', /Nonexistent flag/],
  ['patrol mint a --print-token --output-file b', /cannot also be provided/],
  ['patrol rotat a', /no such command/],
  ['Mkdir -p /a', /no program/],
  ["ls -l '/a b'", /^$/],
  [String.raw`ls -l 'it'\''s'`, /^$/],
  ['ls -l =ls', /"="/],
  ['ls -l ~/a', /"~"/],
  ['patrol explain GET /user', /^$/],
  ['patrol config --help', /^$/],
  ['patrol help rotation-incomplete', /^$/],
  ['patrol help rotation list', /^$/],
  ['patrol help LEASE_HELD', /^$/],
  ['patrol help no-such-page', /no page "no-such-page"/],
])('%s', async (line, trouble) => {
  const [wrong = ''] = await wrongIn([line])
  expect(wrong).toMatch(trouble)
})
