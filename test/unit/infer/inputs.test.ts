import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterAll, describe, expect, test} from 'vitest'
import {inferenceOf} from './inference.ts'

const root = mkdtempSync(join(tmpdir(), 'patrol-infer-'))
afterAll(() => rmSync(root, {recursive: true}))

let files = 0
function file(name: string, content: string | Buffer): string {
  const directory = join(root, String(++files))
  mkdirSync(directory)
  const path = join(directory, name)
  mkdirSync(join(path, '..'), {recursive: true})
  writeFileSync(path, content)
  return path
}

const logLine = (uri = '/api/v1/user', status = 200): string =>
  `::1 - alice [22/Nov/2026:05:33:22 +0000] "GET ${uri} HTTP/1.1" ${status} 1 "" ""\n`
const good = file('good.log', logLine())

describe('what an input is', () => {
  test.each([
    ['a log without a name for it', 'access', logLine()],
    ['a log that has been rotated', 'access.log.2026-11-22.001', logLine()],
    ['a packed log', 'access.log.gz', gzipSync(logLine())],
    ['a packed log of two parts', 'access.log.gz', Buffer.concat([gzipSync(''), gzipSync(logLine())])],
    ['a packed log that does not say so', 'access', gzipSync(logLine())],
    ['JSON lines', 'access.jsonl', '{"request": {"method": "GET", "uri": "/api/v1/user"}, "status": 200}\n'],
    [
      'a HAR file by its content',
      'x.json',
      '{"log": {"version": "1.2", "creator": {}, "entries": [{"request": {"method": "GET", "url": "/api/v1/user"}}]}}',
    ],
    ['a bare list of tools', 'x.json', '[{"name": "userGetCurrent", "inputSchema": {}}]'],
    ['tools in one line', 'x', '{"tools": [{"name": "userGetCurrent"}]}'],
    [
      'an API document in YAML without a name for it',
      'x',
      'swagger: "2.0"\nbasePath: /api/v1\npaths: {/user: {get: {}}}\n',
    ],
    ['a log that begins with a byte order mark', 'x.log', `\uFEFF${logLine()}`],
  ])('%s', async (_, name, content) => {
    const {group, inference} = await inferenceOf([file(name, content)])
    expect(group.scopes).toEqual(['read:user'])
    expect([inference.exit, inference.notUnderstood.count]).toEqual([0, 0])
  })

  test.each([
    ['swagger: "2.0"\nbasePath: /other/v2\npaths: {/user: {get: {}}}\n', 1],
    ['openapi: 3.1.0\nservers: [{url: https://example.com/v2}]\npaths: {/user: {get: {}}}\n', 1],
    ['openapi: 3.1.0\nservers: [{url: https://example.com/v2}, {url: /api/v1}]\npaths: {/user: {get: {}}}\n', 0],
    ['openapi: 3.1.0\npaths: {/user: {get: {}}}\n', 0],
  ])('a document of another API is not understood: %j', async (text, count) => {
    const {inference} = await inferenceOf([file('x.yaml', text)])
    expect([inference.notUnderstood.count, inference.read.calls]).toEqual([count, 1 - count])
  })

  test('is told by hand where it does not show', async () => {
    const path = file('notes.txt', `${'a line of words\n'.repeat(60)}${logLine()}`)
    await expect(inferenceOf([path])).rejects.toThrow('--as names one')
    const {inference, group} = await inferenceOf([path], {as: 'log'})
    expect([group.scopes, inference.notUnderstood.count]).toEqual([['read:user'], 60])
  })

  test('what is not what a hand said is told to be none', async () => {
    const tools = file('tools.json', '[{"name": "userGetCurrent", "inputSchema": {}}]')
    await expect(inferenceOf([tools], {as: 'openapi'})).rejects.toThrow('it is no OpenAPI document')
    await expect(inferenceOf([good], {as: 'mcp'})).rejects.toThrow('it is no list of MCP tools')
    await expect(inferenceOf(['-'], {text: 'words'})).rejects.toThrow('standard input: it is no log')
  })

  test('standard input is read once, packed or not', async () => {
    for (const text of [logLine(), gzipSync(logLine())]) {
      const {inference} = await inferenceOf(['-', '-'], {text})
      expect([inference.read.calls, inference.skipped.count]).toEqual([1, 1])
      expect(inference.groups[0]?.needs[0]?.routes[0]?.examples[0]?.file).toBe('standard input')
    }
  })
})

describe('what cannot be read is named, and the rest is done', () => {
  const binary = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 1])
  const packed = gzipSync(logLine().repeat(5000))
  const damaged = Buffer.from(packed)
  damaged.fill(0xff, 40, 60)
  const har = '{"log": {"entries": [{"request": {"method": "GET", "url": "/api/v1/user"}}, {"requ'

  test.each([
    ['missing', join(root, 'missing.log'), 'it does not exist'],
    ['binary', file('x.log', binary), 'it is binary'],
    ['what PowerShell writes', file('x.log', Buffer.from(`\uFEFF${logLine()}`, 'utf16le')), 'it is UTF-16'],
    ['words', file('README', 'Some words.\n'), 'that can be told'],
    ['a log in another format', file('x.log', 'Some words.\n'), 'none of its lines'],
    ['broken YAML', file('x.yaml', 'a: [1\nb: }'), 'neither JSON nor YAML'],
    ['broken JSON', file('x.json', '{"swagger": '), 'neither JSON nor YAML'],
    [
      'a YAML bomb',
      file(
        'x.yaml',
        'a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]',
      ),
      'neither JSON nor YAML',
    ],
    ['JSON lines of another kind', file('x.json', '{"name": "x"}\n{"name": "y"}\n'), 'none of its lines'],
    ['JSON of another kind', file('package.json', '{\n"name": "x"}'), 'but no HAR file'],
    ['half a HAR file', file('x.har', har), 'breaks off in the middle'],
    ['JSON that is no HAR file', file('x.har', '{"a": 1}'), 'no "log.entries"'],
    ['gzip that breaks off', file('x.gz', packed.subarray(0, packed.length - 9)), 'breaks off'],
    ['damaged gzip', file('x.gz', damaged), 'damaged'],
    ['code too large', file('x.py', 'x = 1\n'.repeat(800_000)), 'larger than 4 MB'],
  ])('%s', async (_, path, reason) => {
    const {inference} = await inferenceOf([path, good])
    expect(inference.unread).toEqual([{file: expect.any(String), reason: expect.stringContaining(reason)}])
    expect(inference.exit).toBe(5)
    expect(inference.groups[0]?.scopes).toEqual(['read:user'])
  })

  test.each([
    ['of no bytes', file('access.log', '')],
    ['of no bytes, by the name packed', file('access.log.1.gz', '')],
    ['that unpacks to nothing', file('access.log.2.gz', gzipSync(''))],
    ['of blank lines', file('access.log', '\n \n')],
    ['without a name that tells', file('access', '')],
    ['in a directory of its own', join(file('access.log', ''), '..')],
  ])('but for an empty file %s: a log that was just rotated is no trouble', async (_, path) => {
    const {inference} = await inferenceOf([path, good])
    expect([inference.exit, inference.unread, inference.read.files]).toEqual([0, [], 1])
    expect(inference.skipped.examples).toEqual([{file: expect.stringContaining('access'), reason: 'it is empty'}])
    await expect(inferenceOf([path, path])).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
      exit: 5,
      message: expect.stringContaining('it is empty'),
    })
  })

  test('an empty file is empty whatever it is read as', async () => {
    for (const as of ['har', 'openapi', 'log', 'python'] as const) {
      await expect(inferenceOf([file('x', '')], {as})).rejects.toThrow('it is empty')
    }
    await expect(inferenceOf(['-'], {text: ''})).rejects.toThrow('standard input: it is empty')
  })

  test('where that is everything, it is an error', async () => {
    const error = inferenceOf([join(root, 'missing.log'), file('empty', '')])
    await expect(error).rejects.toMatchObject({code: 'INPUT_UNREADABLE', exit: 5})
    await expect(error).rejects.toThrow(/missing\.log: it does not exist; .*empty: it is empty/)
  })
})

describe('a directory', () => {
  const tree = (names: Record<string, string>): string => {
    const directory = join(root, String(++files))
    for (const [name, content] of Object.entries(names)) {
      mkdirSync(join(directory, name, '..'), {recursive: true})
      writeFileSync(join(directory, name), content)
    }
    return directory
  }

  test('is read through, and what is passed over is named', async () => {
    const directory = tree({
      'a/access.log': logLine(),
      'b/x.json': '{"paths": {}}',
      'node_modules/x/access.log': logLine('/api/v1/admin/cron'),
      '.git/access.log': logLine('/api/v1/admin/cron'),
      'dist/access.log': logLine('/api/v1/admin/cron'),
      'README.md': '# Words\n',
      'empty.log': '',
    })
    symlinkSync(directory, join(directory, 'loop'))
    const {inference, group} = await inferenceOf([directory])
    expect([group.scopes, inference.exit, inference.read.files]).toEqual([['read:user'], 0, 1])
    const names = inference.skipped.examples.map((each) => each.file.slice(directory.length + 1))
    expect(inference.skipped.examples.find(({file: name}) => name.endsWith('loop'))?.reason).toBe(
      'a link to a directory',
    )
    expect(names).toEqual(['.git', 'README.md', 'b/x.json', 'dist', 'empty.log', 'loop', 'node_modules'])
  })

  test('is not left by a link, and a link in it that leads nowhere is no trouble', async () => {
    const directory = tree({'in/access.log': logLine(), 'out/access.log': logLine('/api/v1/admin/cron')})
    symlinkSync('../out/access.log', join(directory, 'in/elsewhere.log'))
    symlinkSync('access.log.1', join(directory, 'in/gone.log'))
    symlinkSync('/', join(directory, 'in/root'))
    const {inference, group} = await inferenceOf([join(directory, 'in')])
    expect([group.scopes, inference.exit]).toEqual([['read:user'], 0])
    expect(inference.skipped.examples.map(({reason}) => reason)).toEqual([
      'a link to another place',
      'a link, and it does not exist',
      'a link to a directory',
    ])
  })

  test('without anything to read is told', async () => {
    const directory = tree({'README.md': '# Words\n'})
    await expect(inferenceOf([directory])).rejects.toThrow('nothing in it is a log')
  })

  test('and a file in it are not counted twice', async () => {
    const directory = tree({'access.log': logLine()})
    const {inference} = await inferenceOf([join(directory, 'access.log'), directory])
    expect([inference.read.calls, inference.exit]).toEqual([1, 0])
  })
})

test('an abort ends a run that waits for more', async () => {
  const stop = new AbortController()
  const {PassThrough} = await import('node:stream')
  const stdin = new PassThrough()
  stdin.write(logLine().repeat(2000))
  const {infer} = await import('../../../src/infer/index.ts')
  const {catalogue} = await import('../../../src/scopes/catalogue.ts')
  const run = infer(['-'], {
    catalogue: await catalogue('1.22'),
    by: 'none',
    user: undefined,
    profile: undefined,
    as: undefined,
    stdin,
    signal: stop.signal,
  })
  setTimeout(() => stop.abort(new Error('stopped')), 20)
  await expect(run).rejects.toMatchObject({code: 'INTERRUPTED'})
})
