import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {openDesk} from '../support/binary.ts'
import type {Desk} from '../support/binary.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const FAULTY = 'gitea admin user generate-access-token --username bot --scopes read:issues,write:repository\n'
const MENDED = FAULTY.replace('read:issues', 'read:issue')

function put(desk: Desk, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(desk.dir, name)), {recursive: true})
    writeFileSync(join(desk.dir, name), text)
  }
}

describe('the hook of pre-commit', () => {
  interface Hook {
    id: string
    entry: string
    language: string
    types: string[]
    files: string
  }
  const [hook, ...others]: Hook[] = parse(readFileSync(join(ROOT, '.pre-commit-hooks.yaml'), 'utf8'))
  /** As pre-commit does: the staged files that the pattern finds, behind the entry and its arguments. */
  const run = (desk: Desk, staged: readonly string[], args: readonly string[] = []) => {
    const [program, ...words] = hook!.entry.split(' ')
    expect(program).toBe('patrol')
    return desk.patrol([...words, ...args, ...staged.filter((name) => new RegExp(hook!.files).test(name))])
  }

  test('is one, of the id and the pattern that docs/ci/README.md shows', () => {
    expect(others).toEqual([])
    const {bin}: {bin: Record<string, string>} = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect(bin).toHaveProperty('patrol')
    expect(hook).toMatchObject({id: 'patrol-lint', language: 'system', types: ['text']})
    const page = readFileSync(join(ROOT, 'docs/ci/README.md'), 'utf8')
    const hooks = [...page.matchAll(/```yaml\n(repos:\n[\s\S]*?)```/g)].map(([, block = '']) => {
      const {repos}: {repos: {hooks: Partial<Hook>[]}[]} = parse(block)
      return repos[0]!.hooks[0]!
    })
    const {entry, types, files} = hook!
    expect(hooks).toMatchObject([{id: hook!.id, language: 'node', entry, types, files}, {id: hook!.id}])
  })

  test('stops a commit that mints with a wrong scope, and no other', async () => {
    await using desk = await openDesk()
    put(desk, {'a b/mint.sh': FAULTY, 'ok.sh': MENDED, 'notes.txt': 'read:issues', 'logo.png': '\0'})
    expect(await run(desk, ['ok.sh', 'notes.txt', 'logo.png'])).toMatchObject({exit: 0})
    const {exit, stdout} = await run(desk, ['a b/mint.sh', 'ok.sh', 'notes.txt'], ['--fail-on', 'high'])
    expect(exit).toBe(3)
    expect(stdout).toContain('✗ a b/mint.sh')
    expect(await run(desk, ['a b/mint.sh'], ['--fail-on', 'critical'])).toMatchObject({exit: 0})
  })

  test('hands on no file that the linter does not know', async () => {
    await using desk = await openDesk()
    const endings = /\(([^()]*)\)\$$/
      .exec(hook!.files)![1]!
      .split('|')
      .flatMap((each) => (each === 'ya?ml' ? ['yaml', 'yml'] : [each]))
    put(desk, Object.fromEntries(endings.map((ending) => [`file.${ending}`, ''])))
    const {exit, stdout} = await run(
      desk,
      endings.map((ending) => `file.${ending}`),
      ['--json'],
    )
    expect(exit).toBe(0)
    expect(JSON.parse(stdout).result.summary).toMatchObject({files: endings.length, unread: 0})
  })
})

describe('in a checkout', () => {
  test('a host finds the files of its reports by their paths', async () => {
    await using desk = await openDesk()
    put(desk, {'.git/HEAD': '', 'ops/mint.sh': FAULTY})
    const {stdout} = await desk.patrol(['lint', 'ops', '--report', 'sarif=out.sarif', '--report', 'github=out.txt'])
    expect(stdout).toContain('✗ ops/mint.sh')
    expect(readFileSync(join(desk.dir, 'out.sarif'), 'utf8')).toContain('"uri": "ops/mint.sh"')
    expect(readFileSync(join(desk.dir, 'out.txt'), 'utf8')).toMatch(/^::error file=ops\/mint\.sh,line=1,col=\d+,/)
  })

  test('nothing of git, node_modules or other folders of other people is read', async () => {
    await using desk = await openDesk()
    put(desk, {'.git/hooks/mint.sh': FAULTY, 'node_modules/x/mint.sh': FAULTY, 'dist/mint.sh': FAULTY, 'ok.sh': MENDED})
    expect(await desk.patrol(['lint', '.'])).toMatchObject({exit: 0})
    expect(await desk.patrol(['lint', 'dist'])).toMatchObject({exit: 3})
  })
})

test('Ctrl-C while mending ends with 130, and every file is either as it was or mended', async () => {
  await using desk = await openDesk()
  const names = Array.from({length: 1500}, (_, index) => `many/${String(index).padStart(4, '0')}.sh`)
  put(desk, Object.fromEntries(names.map((name) => [name, FAULTY])))
  const {child, ended} = desk.start(['lint', 'many', '--fix'])
  child.stdout!.once('data', () => child.kill('SIGINT'))
  const {exit, stderr} = await ended
  expect(exit).toBe(130)
  expect(stderr).toMatch(/Stopped after \d+ of 1500 files; \d+ mended, none of them halfway/)
  const texts = names.map((name) => readFileSync(join(desk.dir, name), 'utf8'))
  expect(new Set(texts)).toEqual(new Set([FAULTY, MENDED]))
  expect(readdirSync(join(desk.dir, 'many'))).toHaveLength(1500)
})
