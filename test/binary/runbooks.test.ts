import {spawn} from 'node:child_process'
import {existsSync, globSync, readFileSync} from 'node:fs'
import {basename, dirname, join, relative, resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {checkConfig} from '../../src/config/check.ts'
import {readSource} from '../../src/config/document.ts'
import {jsonSchema} from '../../src/config/schema.ts'
import {CATALOGUE} from '../../src/errors.ts'
import {PROFILES} from '../../src/scopes/profiles.ts'
import {WORLDS, type World} from '../support/runbook-worlds.ts'

const root = resolve(import.meta.dirname, '../..')
const SECTIONS = ['Symptom', 'Cause', 'Detection', 'Fix', 'Proof', 'Prevention']
const LONGEST_PAGE = 90
const BLOCK_LIMIT_MS = 30_000

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const pages = globSync('docs/runbooks/*.md', {cwd: root})
  .map((path) => `runbooks/${basename(path, '.md')}`)
  .filter((page) => page !== 'runbooks/README')
const written = ['docs/config.md', 'docs/sandbox.md', 'docs/runbooks/README.md', ...pages.map(pathOf)]

function pathOf(page: string): string {
  return `docs/${page}.md`
}

interface Block {
  language: string
  info: string
  text: string
  line: number
}

function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w*) *(.*)\n([\s\S]*?)^```$/gm)].map((found) => ({
    language: found[1]!,
    info: found[2]!,
    text: found[3]!,
    line: markdown.slice(0, found.index).split('\n').length,
  }))
}

interface Ending {
  exit: number | null
  output: string
}

/** Types a block into a fresh shell, which stops at the first command that goes wrong. */
async function typed(text: string, {dir, env}: World): Promise<Ending> {
  const shell = spawn('bash', ['-eu', '-c', text], {
    cwd: dir,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: BLOCK_LIMIT_MS,
  })
  let output = ''
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((done, fail) => {
    shell.once('error', fail)
    shell.once('close', (exit) => done({exit, output}))
  })
}

/** A line of a `text` block with `…` for what differs from run to run, against any line of the output. */
function printed(line: string, output: string): boolean {
  const words = (text: string): string => text.trim().replaceAll(/\s+/g, ' ')
  const pattern = words(line)
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  const whole = new RegExp(`^${pattern.join('.*')}$`)
  return output.split('\n').some((said) => whole.test(words(said)))
}

/** Works through a page from top to bottom; returns what first went otherwise than the page says. */
async function followed(page: string, world: World): Promise<string | undefined> {
  const person = [...world.person]
  let output = ''
  for (const {language, info, text, line} of blocksOf(read(pathOf(page)))) {
    const place = `${pathOf(page)}:${line}`
    if (language === 'sh') {
      const ending = await typed(text, world)
      output = ending.output
      const wanted = Number(/^exit=(\d+)$/.exec(info)?.[1] ?? 0)
      if (ending.exit !== wanted) return `${place}: exit ${ending.exit} instead of ${wanted}\n${text}${output}`
    } else if (language === 'console') {
      const step = person.shift()
      if (!step) return `${place}: the situation has no step for this block`
      await step()
    } else {
      const absent = text
        .trim()
        .split('\n')
        .find((shown) => !printed(shown, output))
      if (absent !== undefined) return `${place}: "${absent}" is not in\n${output}`
    }
  }
  return person.length > 0 ? `${pathOf(page)}: ${person.length} steps without a console block` : undefined
}

describe('every block of a page does what the page says', () => {
  test('every page has a situation to be typed in', () => {
    expect(Object.keys(WORLDS).toSorted()).toEqual([...pages, 'sandbox'].toSorted())
  })

  test.concurrent.each(Object.entries(WORLDS))('%s', async (page, open) => {
    const world = await open()
    try {
      expect(await followed(page, world)).toBeUndefined()
    } finally {
      await world.close()
    }
  })
})

describe('a page is a page', () => {
  test.each(pages)('%s has the six sections, in order, and fits on a page', (page) => {
    const text = read(pathOf(page))
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual(SECTIONS)
    expect(text.split('\n').length).toBeLessThanOrEqual(LONGEST_PAGE)
  })

  test.each(pages)('%s declares each block as one that is run, shown or done by a person', (page) => {
    const blocks = blocksOf(read(pathOf(page)))
    expect(read(pathOf(page)).match(/^```/gm)).toHaveLength(blocks.length * 2)
    expect(blocks.some(({language}) => language === 'sh')).toBe(true)
    for (const {language, info} of blocks) {
      expect(['sh', 'console', 'text']).toContain(language)
      expect(info).toMatch(language === 'sh' ? /^(?:exit=[1-9]\d*)?$/ : /^$/)
    }
  })
})

describe('every page is found', () => {
  const linksOf = (path: string): string[] =>
    [...read(path).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !target.includes('://'))

  test('the index leads to every page', () => {
    const listed = linksOf('docs/runbooks/README.md').map((target) => `runbooks/${basename(target, '.md')}`)
    expect(listed).toEqual(expect.arrayContaining(pages))
  })

  test('the index names no code that is gone', () => {
    const codes = [...read('docs/runbooks/README.md').matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, code]) => code!)
    expect(codes.length).toBeGreaterThan(0)
    expect(codes.filter((code) => !(code in CATALOGUE))).toEqual([])
  })

  test.each(written)('the links of %s lead somewhere', (path) => {
    const broken = linksOf(path).filter(
      (target) => !existsSync(resolve(root, dirname(path), target.replace(/#.*$/, ''))),
    )
    expect(broken).toEqual([])
  })

  test('every page that the code refers to exists', () => {
    const refs = globSync('src/**/*.ts', {cwd: root}).flatMap((file) =>
      [...read(file).matchAll(/['"](docs\/[\w./-]+\.md)(?:#[\w-]*)?['"]/g)].map(
        ([, page]) => `${page} in ${relative('.', file)}`,
      ),
    )
    expect(refs.length).toBeGreaterThan(0)
    expect(refs.filter((ref) => !existsSync(join(root, ref.split(' ')[0]!)))).toEqual([])
  })
})

describe('docs/config.md', () => {
  const page = read('docs/config.md')

  test('its example is a patrol.yaml without mistakes', () => {
    const example = blocksOf(page).find(({language}) => language === 'yaml')!.text
    const vocabulary = {profiles: Object.keys(PROFILES), complaint: () => undefined}
    expect(checkConfig(readSource(example), vocabulary).problems).toEqual([])
  })

  test('it tells every key of the schema, and no other', () => {
    const told = [...page.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, keys]) => [
      ...keys!.matchAll(/`([a-z][\w.-]*?(?:NAME[\w.-]*)?)`/g),
    ])
    expect(new Set(told.map(([, key]) => key))).toEqual(new Set(keysOf(jsonSchema())))
  })
})

interface Schema {
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
}

/** The keys that hold a value, as the page writes them: `agents.NAME.user`. */
function keysOf({properties = {}, additionalProperties}: Schema, path: readonly string[] = []): string[] {
  const inner = Object.entries(properties).flatMap(([key, schema]) => keysOf(schema, [...path, key]))
  if (typeof additionalProperties === 'object') inner.push(...keysOf(additionalProperties, [...path, 'NAME']))
  return inner.length > 0 ? inner : [path.join('.')]
}
