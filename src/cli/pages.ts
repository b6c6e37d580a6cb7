import {readdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {CATALOGUE, EXIT, nothing, OpsError, pageName, run, type Code} from '../errors.ts'
import {nearest} from '../config/nearest.ts'
import {pageText, partOf} from '../report/page.ts'
import {palette, widthOf} from './palette.ts'

/** The pages of rules, each rule under a heading of its own. */
const RULES = ['docs/rules.md', 'docs/lint-rules.md']

/**
 * What the package says of a name, for the terminal: a runbook (`rotation-incomplete`), another page (`exit-codes`), a
 * rule of the audit or of the linter, an error code. Throws `USAGE` with the nearest names, those of commands among them.
 */
export async function helpPage(root: string, name: string, commands: readonly string[]): Promise<string> {
  const pages = await pagesIn(root)
  const read = (file: string): Promise<string> => readFile(join(root, file), 'utf8')
  const file = pages.get(name)
  const rules = await Promise.all(RULES.map(read))
  const parts = rules.map((text) => partOf(text, name)).filter((part) => part !== undefined)
  const code = name.toUpperCase()
  const found = [...(file === undefined ? [] : [await read(file)]), ...parts]
  if (found.length === 0 && isCode(code)) found.push(codePage(code, await read('docs/runbooks/README.md')))
  if (found.length > 0) return pageText(found.join('\n\n'), await palette(process.stdout), widthOf(process.stdout))
  const ids = rules.flatMap((text) => [...text.matchAll(/^## (\S+)$/gm)].map(([, id = '']) => id))
  const near = nearest(name, [...commands, ...pages.keys(), ...ids, ...Object.keys(CATALOGUE)])
  throw new OpsError('USAGE', {
    what: `patrol has no command, page, rule or error code "${name}".`,
    state: nothing('done'),
    advice: [...near.map((each) => run`patrol help ${each.split(' ')}`), run`patrol help runbooks`, run`patrol --help`],
  })
}

/** Pages that are a folder's. */
const FOLDERS = [
  ['runbooks', 'docs/runbooks/README.md'],
  ['ci', 'docs/ci/README.md'],
] as const

/** The pages in the package by name. */
async function pagesIn(root: string): Promise<Map<string, string>> {
  const folders = await Promise.all(
    ['docs', 'docs/runbooks'].map(async (folder) => ({folder, names: await readdir(join(root, folder))})),
  )
  const files = folders.flatMap(({folder, names}) => names.map((name) => `${folder}/${name}`))
  const pages = files.filter((file) => file.endsWith('.md') && !file.endsWith('/README.md'))
  return new Map([...pages.map((file) => [pageName(file), file] as const), ...FOLDERS])
}

/** A code in a few lines: its exit, what it means, and the runbook whose alarm it is. */
function codePage(code: Code, runbooks: string): string {
  const {category, meaning} = CATALOGUE[code]
  const row = runbooks.split('\n').find((line) => line.includes(`\`${code}\``))
  const link = row && /\[[\w-]+\]\([\w-]+\.md\)/.exec(row)?.[0]
  return [`# ${code}`, `Exit ${EXIT[category]}, ${category}. ${meaning}`, ...(link ? [`Read: ${link}`] : [])].join(
    '\n\n',
  )
}

function isCode(text: string): text is Code {
  return Object.hasOwn(CATALOGUE, text)
}
