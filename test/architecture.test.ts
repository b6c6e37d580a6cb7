import {globSync, readFileSync} from 'node:fs'
import {dirname, join, relative, resolve} from 'node:path'
import {describe, expect, test} from 'vitest'

const root = resolve(import.meta.dirname, '..')

/**
 * Who may import whom, room by room. A file at the top of `src` is a room of its own. `type:` rooms may be imported
 * only with `import type`, so that a port can name a type without pulling code.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  commands: [
    'cli',
    'context',
    'config',
    'errors',
    'secret',
    'files',
    'report',
    'probe',
    'rotation',
    'type:story',
    'smoke',
    'fleet',
    'doctor',
    'drill',
    'onboarding',
    'lint',
    'infer',
    'workspace-token',
  ],
  // The demo stands where a command stands: it uses everything as production does, and nothing uses it but commands.
  drill: [
    'together',
    'context',
    'files',
    'errors',
    'forge',
    'report',
    'rotation',
    'type:story',
    'simulator',
    'probe',
    'store',
    'scopes',
  ],
  cli: [
    'together',
    'forge',
    'errors',
    'visible',
    'secret',
    'files',
    'report',
    'config',
    'type:rotation',
    'type:fleet',
    'type:lint',
    'type:onboarding',
    'type:context',
  ],
  context: [
    'config',
    'forge',
    'errors',
    'memo',
    'secret',
    'http',
    'gitea',
    'pass',
    'platform',
    'store',
    'scopes',
    'probe',
    'smoke',
    'rotation',
    'story',
    'fleet',
    'doctor',
    'onboarding',
    'lint',
    'infer',
    'workspace-token',
  ],
  config: ['errors', 'secret', 'visible', 'scopes', 'http'],
  'workspace-token': ['config', 'files', 'errors', 'secret'],
  report: [
    'forge',
    'errors',
    'visible',
    'secret',
    'scopes',
    'probe',
    'type:smoke',
    'type:rotation',
    'type:story',
    'type:doctor',
    'fleet',
    'type:onboarding',
    'type:lint',
    'infer',
  ],
  fleet: ['forge', 'rotation', 'type:story', 'smoke', 'probe', 'scopes', 'errors', 'secret'],
  story: ['errors', 'type:scopes'],
  rotation: ['story', 'memo', 'smoke', 'probe', 'scopes', 'errors', 'secret'],
  smoke: ['together', 'scopes', 'errors', 'secret'],
  probe: ['together', 'forge', 'scopes', 'errors', 'secret'],
  doctor: ['forge', 'smoke', 'errors', 'secret'],
  onboarding: ['story', 'rotation', 'smoke', 'scopes', 'errors', 'secret'],
  lint: ['infer', 'syntax', 'scopes', 'errors', 'type:fleet'],
  infer: ['syntax', 'scopes', 'errors'],
  scopes: ['forge', 'syntax', 'errors', 'memo'],
  syntax: ['memo'],
  pass: ['rotation', 'story', 'memo', 'errors', 'secret', 'type:scopes'],
  gitea: [
    'http',
    'forge',
    'memo',
    'errors',
    'secret',
    'scopes',
    'probe',
    'pass',
    'type:rotation',
    'type:smoke',
    'type:onboarding',
  ],
  platform: ['http', 'errors', 'secret', 'type:rotation', 'type:smoke', 'type:onboarding'],
  store: ['files', 'errors', 'type:story', 'type:pass', 'type:rotation', 'type:onboarding'],
  http: ['errors', 'secret', 'memo', 'visible'],
  simulator: [],
  files: ['errors'],
  together: ['errors'],
  forge: ['secret'],
  memo: [],
  errors: [],
  secret: ['visible'],
  visible: [],
}

/** What may stand only in the rooms named (a room, or one file). */
const ONLY_IN: readonly {what: string; pattern: RegExp; allowed: readonly string[]}[] = [
  {what: 'process.env', pattern: /\bprocess\.env\b/, allowed: ['config', 'cli/palette.ts']},
  {what: 'process.exit()', pattern: /\bprocess\.exit\(/, allowed: []},
  {what: 'console', pattern: /\bconsole\.\w+\(/, allowed: []},
  {what: 'undici or fetch', pattern: /from 'undici'|import\('undici'\)|\bfetch\(/, allowed: ['http']},
  {what: 'node:http', pattern: /from 'node:https?'|import\('node:https?'\)/, allowed: ['simulator']},
  {what: '@oclif/core', pattern: /from '@oclif\/core|import\('@oclif\/core/, allowed: ['commands', 'cli']},
  {what: 'writing to a stream', pattern: /\bprocess\.std(?:out|err)\.write\(/, allowed: ['cli/streams.ts']},
  {what: 'node:sqlite', pattern: /'node:sqlite'/, allowed: ['store']},
]

/** Where types still go round in a circle: of this room each file may name a type of another. It only grows shorter. */
const CIRCLES_OF_TYPES = /^rotation\//

/** Where a secret's value is taken out; everything else hands `Secret` on. */
const REVEALERS: readonly string[] = ['http.ts', 'platform/secrets.ts', 'cli/token-file.ts', 'workspace-token.ts']

/** Where a server's texts are taken as they came: the door itself, an agent's reply that is parsed, a secret's value. */
const RAW: readonly string[] = ['http/answer.ts', 'platform/wire.ts', 'platform/agents.ts', 'platform/secrets.ts']

interface Source {
  file: string
  room: string
  text: string
}

const sources: Source[] = globSync('src/**/*.ts', {cwd: root}).map((path) => {
  const file = relative('src', path).replaceAll('\\', '/')
  return {file, room: roomOf(file), text: readFileSync(join(root, path), 'utf8')}
})

function roomOf(file: string): string {
  const [first = ''] = file.split('/')
  return first.replace(/\.ts$/, '')
}

interface Import {
  target: string
  typeOnly: boolean
}

function importsOf({file, text}: Source): Import[] {
  const found: Import[] = []
  const pattern = /(?:import|export)\s+(type\s+)?[^'";]*?from\s+'(\.[^']+)'|import\(\s*'(\.[^']+)'/g
  for (const match of text.matchAll(pattern)) {
    const specifier = match[2] ?? match[3] ?? ''
    const target = relative(join(root, 'src'), resolve(root, 'src', dirname(file), specifier)).replaceAll('\\', '/')
    found.push({target, typeOnly: match[1] !== undefined})
  }
  return found
}

/** Strips comments and strings' neighbours coarsely enough that prose about `console` is not code. */
function codeOf(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|[^:'"])\/\/.*$/gm, '$1')
}

describe('who imports whom', () => {
  test('every room of src stands in the table', () => {
    expect([...new Set(sources.map((source) => source.room))].filter((room) => !(room in MAY_IMPORT))).toEqual([])
  })

  test.each(sources.map((source) => [source.file, source] as const))('%s', (_, source) => {
    const allowed = MAY_IMPORT[source.room] ?? []
    const wrong = importsOf(source)
      .filter(({target}) => roomOf(target) !== source.room && !target.startsWith('..'))
      .filter(({target, typeOnly}) => {
        const room = roomOf(target)
        return !allowed.includes(room) && !(typeOnly && allowed.includes(`type:${room}`))
      })
      .map(({target}) => target)
    expect(wrong, `${source.room} may import ${allowed.join(', ') || 'nothing'}`).toEqual([])
  })

  test('no import goes round in a circle, of types neither', () => {
    const graph = new Map(
      sources.map((source) => [
        source.file,
        importsOf(source)
          .filter(({target, typeOnly}) => !typeOnly || !CIRCLES_OF_TYPES.test(target))
          .map((i) => i.target),
      ]),
    )
    const done = new Set<string>()
    const circle = (file: string, path: readonly string[]): string[] | undefined => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
      if (done.has(file)) return undefined
      for (const next of graph.get(file) ?? []) {
        const found = circle(next, [...path, file])
        if (found) return found
      }
      done.add(file)
      return undefined
    }
    for (const file of graph.keys()) expect(circle(file, [])).toBeUndefined()
  })
})

describe('what stands only where it belongs', () => {
  test.each(ONLY_IN)('$what', ({pattern, allowed}) => {
    const wrong = sources
      .filter(({file, room}) => !allowed.includes(room) && !allowed.includes(file))
      .filter(({text}) => pattern.test(codeOf(text)))
    expect(wrong.map(({file}) => file)).toEqual([])
  })

  test('a secret is revealed only where it leaves for its destination', () => {
    const callers = sources.filter(({file, text}) => file !== 'secret.ts' && codeOf(text).includes('.reveal()'))
    expect(callers.map(({file}) => file).toSorted()).toEqual([...REVEALERS].toSorted())
  })

  test.each([
    ['a Gitea token', /\btokens\.remove\(/g, 'gitea/client.ts'],
    ['a workspace token', /\.revokeWorkspaceToken\(/g, ''],
  ])('%s is deleted in one place, behind the gate', (_, call, client) => {
    const callers = sources.flatMap(({file, text}) =>
      file === client ? [] : [...codeOf(text).matchAll(call)].map(() => file),
    )
    expect(callers).toEqual(['rotation/gate.ts'])
  })

  test('every reason to delete a Gitea token is one of these', () => {
    const callers = sources.filter(({text}) =>
      /(?:import|export) (?:type )?\{[^}]*\bremoveToken\b[^}]*\} from '[^']*gate\.ts'/.test(text),
    )
    expect(callers.map(({file}) => file).toSorted()).toEqual([
      // A run's own, at its end, or of a run that was stopped.
      'pass/pass.ts',
      // A value that nobody ever got.
      'rotation/announced.ts',
      // An undelivered value.
      'rotation/by-hand.ts',
      // A mint that can't be confirmed.
      'rotation/mint.ts',
      // Probed, and handed to nobody.
      'rotation/rehearsal.ts',
      'rotation/revoke-by-hand.ts',
      // Replaced and proven, or minted and used by nobody.
      'rotation/revoke.ts',
    ])
  })

  test('no sentence says of a token that it works, for it may have died since somebody looked', () => {
    const claim =
      /\b(?:old|new|both|every|earlier) (?:tokens?|ones?) (?:still |goes on |all )?(?:serv(?:es?|ing)|works?)\b|\bboth (?:still )?work\b/i
    const saying = sources.filter(({room}) => room !== 'simulator').filter(({text}) => claim.test(codeOf(text)))
    expect(saying.map(({file}) => file)).toEqual([])
  })

  test('only the gate makes a warrant', () => {
    const named = sources.filter(({text}) => /\bWarrant\b/.test(codeOf(text))).map(({file}) => file)
    expect(named.toSorted()).toEqual(['gitea/client.ts', 'rotation/gate.ts', 'rotation/ports.ts'])
    expect(sources.filter(({text}) => /as (?:unknown as )?Warrant/.test(text)).map(({file}) => file)).toEqual([])
  })

  test('texts of a server are taken as they came only where they are kept or parsed', () => {
    const takers = sources.filter(({text}) => /\.raw\(\)|\braw: true\b/.test(codeOf(text)))
    expect(takers.map(({file}) => file).toSorted()).toEqual([...RAW].toSorted())
    const bodies = sources.filter(({text}) => /\banswer\.text\b/.test(codeOf(text)))
    // Looks whether there is any, and whether it begins as a page does.
    expect(bodies.map(({file}) => file)).toEqual(['platform/faults.ts'])
  })

  test('what a server says is cut by `excerpt` alone, which takes secrets out first', () => {
    const outside = sources.filter(({room}) =>
      ['http', 'gitea', 'forge', 'platform', 'probe', 'doctor', 'context'].includes(room),
    )
    const cutting = outside.filter(({text}) => /\.slice\(0, [A-Z_\d]{2,}\)|\.substring\(|\.substr\(/.test(codeOf(text)))
    // The first characters of a token of a workspace, by which the platform lists it.
    expect(cutting.map(({file}) => file)).toEqual(['platform/tokens.ts'])
  })

  test('a promise that may fail is kept by memo, which forgets failures; an end for good, a question while it is asked', () => {
    const kept = sources
      .filter(({file}) => file !== 'memo.ts')
      .flatMap(({file, text}) => {
        const names = [...text.matchAll(/(#?\w+)\??: Promise<.*\| undefined$|new Map<[^>]*, Promise</gm)]
        return names.map(([declared, name = declared]) => `${file} ${name}`)
      })
    expect(kept.toSorted()).toEqual(['drill/sandbox.ts closing', 'gitea/credential.ts #asking', 'http.ts #closing'])
  })

  test('nothing else is kept by what makes it, unless that is at hand at once', () => {
    const kept = sources
      .filter(({file, room}) => file !== 'memo.ts' && !['simulator', 'syntax'].includes(room))
      .flatMap(({file, text}) =>
        [...codeOf(text).matchAll(/([\w#.]+) \?\?= (?![^\n]*\bawait\b)[^\n]*\(/g)].map(
          ([, name = '']) => `${file} ${name}`,
        ),
      )
    const ends = ['drill/sandbox.ts closing', 'http.ts this.#closing']
    expect(kept.toSorted()).toEqual(
      [
        ...ends,
        'http/answer.ts this.#parsed',
        'http/answer.ts this.#raw',
        'infer/operations.ts table',
        'report/wrap.ts graphemes',
        'scopes/catalogue-paths.ts node.parameter',
        'store/schema.ts pieces',
      ].toSorted(),
    )
  })

  test.each([
    'story/machine.ts',
    'story/minting.ts',
    'rotation/machine.ts',
    'rotation/candidates.ts',
    'rotation/ending.ts',
    'rotation/readback-facts.ts',
    'onboarding/machine.ts',
  ])('%s has no clock and no randomness', (path) => {
    const machine = sources.find(({file}) => file === path)
    expect(machine && codeOf(machine.text)).not.toMatch(
      /Date\.now|new Date\(\)|Math\.random|randomUUID|performance\.now/,
    )
  })
})

test('no type of src has the name of another', () => {
  const names = sources.flatMap(({file, text}) =>
    [...text.matchAll(/^(?:export )?(?:abstract )?(?:interface|type|class) (\w+)/gm)].map(([, name = '']) => ({
      name,
      file,
    })),
  )
  const twice = [...Map.groupBy(names, ({name}) => name)].filter(([, those]) => those.length > 1)
  expect(twice.map(([name, those]) => `${name}: ${those.map(({file}) => file).join(', ')}`)).toEqual([])
})

describe('size', () => {
  test.each(sources.filter(({room}) => room === 'commands').map((s) => [s.file, s] as const))(
    '%s is at most 60 lines',
    (_, {text}) => {
      expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(60)
    },
  )
})

test('no hook and no test of the contract suite has a limit of its own: a real server is as slow as its machine', () => {
  const limited = globSync('test/contract/**/*.ts', {cwd: root}).filter((path) =>
    /^\s*\}, \d[\d_]*\)$/m.test(readFileSync(join(root, path), 'utf8')),
  )
  expect(limited).toEqual([])
})
