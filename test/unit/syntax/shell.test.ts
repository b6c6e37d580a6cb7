import {describe, expect, test} from 'vitest'
import {array, assert, asyncProperty, constantFrom, oneof, string} from 'fast-check'
import {HOLE, readShell, type ShellCommand, type ShellScript} from '../../../src/syntax/index.ts'

const shown = (text: string) => text.replaceAll(HOLE, '□')
const line = ({name, words}: ShellCommand) => [name, ...words].map(({text}) => shown(text))
const lines = ({commands}: ShellScript) => commands.map(line)
const read = async (text: string) => lines(await readShell(text))

describe('words', () => {
  test.each([
    ['single quotes keep all', `x '$A "b" \\n'`, ['x', '$A "b" \\n']],
    ['double quotes keep blanks and unescape', 'x "a  b\\"c\\$d\\n"', ['x', 'a  b"c$d\\n']],
    ['a backslash quotes one character', String.raw`x a\ b\$c`, ['x', 'a b$c']],
    ['adjoining parts are one word', `x a'b'"c"$'d\\te'`, ['x', 'abcd\te']],
    ['a line may go on', 'x a \\\n  b"c\\\nd"', ['x', 'a', 'bcd']],
    ['an empty word is a word', `x "" ''`, ['x', '', '']],
    ['unknown parts are holes', 'x "$A/b/${C}/$(d)/`e`/$((1 + 2))"', ['x', '□/b/□/□/□/□']],
    ['a translated string', 'x $"abc"', ['x', 'abc']],
    ['a redirection is no word', 'x a >out 2>&1 b <in', ['x', 'a', 'b']],
    ['non-ASCII text', `x 'ü😀' "é$A"`, ['x', 'ü😀', 'é□']],
  ])('%s', async (_, text, expected) => {
    const [command] = (await readShell(text)).commands
    expect(command && line(command)).toEqual(expected)
  })

  test('holes are named in order', async () => {
    const {commands} = await readShell('x "$A-${B}-$(date +%s)-${C:0:3}-$1-$@"')
    expect(commands[0]?.words[0]?.holes).toEqual(['A', 'B', '$(date +%s)', '${C:0:3}', '1', '@'])
  })

  test('a placeholder without quotes is a hole, not two redirections', async () => {
    const {commands} = await readShell('curl https://g/api/v1/repos/<owner>/<repo-name>/issues -H a >out')
    expect(commands.map(line)).toEqual([['curl', 'https://g/api/v1/repos/□/□/issues', '-H', 'a']])
    expect(commands[0]?.words[0]?.holes).toEqual(['<owner>', '<repo-name>'])
  })
})

describe('variables', () => {
  test.each([
    ['a literal assigned once', 'P="https://x"; curl "$P/api/v1/user"', 'https://x/api/v1/user'],
    ['one made of another', 'A=https://x; B=$A/api/v1; curl ${B}/user', 'https://x/api/v1/user'],
    ['one with a hole in it', 'B="$HOST/api/v1"; curl $B/user', '□/api/v1/user'],
    ['exported and read-only ones', 'export A=x; readonly B=y; curl $A$B', 'xy'],
    ['a default of one that is never set', 'curl "${B:-https://d}/v"', 'https://d/v'],
    ['a default of one that is set', 'B=https://s; curl "${B:-https://d}/v"', 'https://s/v'],
    ['a demand', 'B=https://s; curl "${B:?no B}/v"', 'https://s/v'],
    ['a suffix cut off', 'B=https://s/; curl "${B%/}/v"', 'https://s/v'],
    ['a loop over one word', 'for r in one; do curl "$r"; done', 'one'],
    ['an array element', 'A=(x "y z"); curl "${A[1]}"', 'y z'],
  ])('%s is filled in', async (_, text, url) => {
    expect((await read(text)).find(([name]) => name === 'curl')?.[1]).toBe(url)
  })

  test.each([
    ['assigned twice', 'A=x; A=y; curl $A'],
    ['appended to', 'A=x; A+=y; curl $A'],
    ['read from input', 'read -r A; curl $A'],
    ['a loop over several words', 'for A in x y; do curl $A; done'],
    ['a loop over a pattern', 'for A in *; do curl $A; done'],
    ['set for one other command', 'A=x true; curl $A'],
    ['made of itself', 'A=$A; curl $A'],
    ['a function made it local', 'f() { local A=x; }; curl $A'],
    ['without a default and set twice', 'A=x; A=y; curl ${A:-d}'],
  ])('%s is left a hole', async (_, text) => {
    expect((await read(text)).find(([name]) => name === 'curl')?.[1]).toBe('□')
  })

  test('two functions may have a local of one name each', async () => {
    const commands = await read('f() { local u=x; curl $u; }; g() { local u; u=y; curl $u; }')
    expect(commands).toEqual([
      ['curl', 'x'],
      ['curl', 'y'],
    ])
  })

  test('an unquoted variable and an array make several words, a quoted variable one', async () => {
    const text = 'O="-s -f"; A=(-H "a b"); C="curl -v"; $C $O "$O" "${A[@]}" u'
    expect(await read(text)).toEqual([['curl', '-v', '-s', '-f', '-s -f', '-H', 'a b', 'u']])
  })

  test('an array that is added to is all of its parts', async () => {
    const text = 'A=(-s)\nif x; then A+=(-H "a b"); fi\ncurl "${A[@]}" u'
    expect((await read(text)).at(-1)).toEqual(['curl', '-s', '-H', 'a b', 'u'])
    expect((await read('A+=(-s); curl "${A[@]}"')).at(-1)).toEqual(['curl', '□'])
    expect((await read('A=(x); A=(y); curl "${A[@]}"')).at(-1)).toEqual(['curl', '□'])
  })

  test('an argument’s default stands in the hole’s name, for whoever knows the argument', async () => {
    const {commands} = await readShell('f() { local m=${1:-GET}; curl -X $m; }')
    expect(commands[0]?.words[1]?.holes).toEqual(['1:-GET'])
  })

  test('variables that double one another do not fill the memory', async () => {
    const doubling = Array.from({length: 60}, (_, i) => `A${i + 1}=$A${i}$A${i}`).join('\n')
    const [command] = await read(`A0=xxxxxxxx\n${doubling}\ncurl $A60`)
    expect(command?.[1]?.length).toBeLessThan(1_000_000)
  })
})

describe('where commands stand', () => {
  test.each([
    ['a pipeline', 'a | b |& c', ['a', 'b', 'c']],
    ['lists', 'a && b || c; d & e', ['a', 'b', 'c', 'd', 'e']],
    ['conditions', 'if a; then b; elif c; then d; else e; fi', ['a', 'b', 'c', 'd', 'e']],
    ['loops', 'while a; do b; done; until c; do d; done; for x in 1; do e; done', ['a', 'b', 'c', 'd', 'e']],
    ['a case', 'case $x in 1|2) a;; *) b;; esac', ['a', 'b']],
    ['groups', '(a; b); { c; }', ['a', 'b', 'c']],
    ['functions', 'f() { a; }; function g { b; }', ['a', 'b']],
    ['substitutions', 'X=$(a "$(b)"); c "`d`" <(e) > >(f)', ['a', 'b', 'c', 'd', 'e', 'f']],
    ['a substitution in a here-document', 'a <<E\n$(b)\nE', ['a', 'b']],
    ['behind a here-document', 'a <<E | b && c\nx\nE\nd', ['a', 'b', 'c', 'd']],
    ['negation', '! a', ['a']],
    ['a declaration', 'local x=$(a)', ['a']],
  ])('%s', async (_, text, names) => {
    const all = (await readShell(text)).commands.map(({name}) => name.text)
    expect(all.toSorted()).toEqual(names)
  })

  test.each([
    ['sudo', 'sudo -u git -E A=b gitea x'],
    ['env', 'env -u X A=b gitea x'],
    ['timeout', 'timeout -k 5 30 gitea x'],
    ['docker exec', 'docker exec -it -u git box gitea x'],
    ['docker compose exec', 'docker compose exec -T --user git box gitea x'],
    ['kubectl exec', 'kubectl -n n exec -i pod/g -c gitea -- gitea x'],
    ['several', 'sudo nohup docker exec box gitea x'],
    ['su -c', `su git -c 'gitea x'`],
    ['bash -c', `bash -ec 'gitea x'`],
    ['ssh', 'ssh -p 22 git@host gitea x'],
    ['eval', `eval "gitea x"`],
    ['a shell’s here-document', `ssh host <<'E'\ngitea x\nE`],
    ['a shell’s here-string', `bash <<< 'gitea x'`],
    ['a container’s shell', `docker exec box sh -c 'cd / && gitea x'`],
  ])('%s is looked through', async (_, text) => {
    expect(await read(text)).toContainEqual(['gitea', 'x'])
  })

  test('a script in a string has the file’s places and the outer script’s holes', async () => {
    const text = `\necho ü; bash -c "curl \\"$U/é\\" -d 'x'"\n`
    const {commands} = await readShell(text)
    const curl = commands.find(({name}) => name.text === 'curl')
    expect(curl?.words.map((word) => shown(word.text))).toEqual(['□/é', '-d', 'x'])
    expect(curl?.words[0]?.holes).toEqual(['U'])
    expect(curl?.name.at).toMatchObject({start: {line: 2, column: 18}, from: text.indexOf('curl')})
    expect(text.slice(curl?.words[2]?.at.from, curl?.words[2]?.at.to)).toBe(`'x'`)
  })

  test('spans are the file’s where the text is a part of one', async () => {
    const {commands} = await readShell('a\ncurl "ü" x', {at: {line: 10, column: 5}, offset: 100})
    expect(commands[0]?.at).toEqual({
      start: {line: 10, column: 5},
      end: {line: 10, column: 6},
      from: 100,
      to: 101,
    })
    expect(commands[1]?.words[1]?.at).toEqual({
      start: {line: 11, column: 10},
      end: {line: 11, column: 11},
      from: 111,
      to: 112,
    })
  })

  test('functions are listed', async () => {
    const text = 'api() { curl "$1"; }'
    const {functions} = await readShell(text)
    expect(functions).toMatchObject([{name: 'api', at: {from: 0, to: text.length}}])
  })
})

describe('what is around a command', () => {
  test('here-documents and here-strings are its input', async () => {
    const inputs = async (text: string) => (await readShell(text)).commands.map(({input}) => input && shown(input.text))
    expect(await inputs('a <<E\nx $Y\nE')).toEqual(['x □\n'])
    expect(await inputs(`a <<'E'\nx $Y\nE`)).toEqual(['x $Y\n'])
    expect(await inputs('a <<-E\n\tx\n\t\ty\n\tE')).toEqual(['x\ny\n'])
    expect(await inputs('a <<< "x $Y"')).toEqual(['x □'])
    expect(await inputs('a b')).toEqual([undefined])
  })

  test('a here-document put together by cat is text', async () => {
    expect(await read(`a -d "$(cat <<'E'\n{"x": 1}\nE\n)"`)).toContainEqual(['a', '-d', '{"x": 1}'])
  })

  test('assignments in front of it are its environment and no assignments of the script', async () => {
    const {commands, assignments} = await readShell('A=b C="$D" curl x; E=f')
    expect(commands[0]?.environment.map(({name, value}) => [name, shown(value.text)])).toEqual([
      ['A', 'b'],
      ['C', '□'],
    ])
    expect(assignments.map(({name, value}) => [name, value.text])).toEqual([['E', 'f']])
  })

  test('the reader of its output is told', async () => {
    const {commands} = await readShell('a | sudo b | c; d <<E | e\nE')
    expect(commands.map(({name, into}) => [name.text, into])).toEqual([
      ['a', 'b'],
      ['b', 'c'],
      ['c', undefined],
      ['d', 'e'],
      ['e', undefined],
    ])
  })

  test('comments are told without their marker', async () => {
    const {comments} = await readShell('#!/bin/sh\na # one\n  ## two \nb "# three"')
    expect(comments.map(({text}) => text)).toEqual(['!/bin/sh', 'one', 'two'])
  })
})

describe('whether a status is looked at', () => {
  test.each([
    'if x; then a; fi',
    'while x; do a; done',
    'x || exit 1',
    'x && a',
    '! x',
    'set -e; x',
    'set -euo pipefail; x | a',
    'set -o errexit; x',
    '#!/bin/bash -e\nx',
    'x; if [ $? -ne 0 ]; then a; fi',
    'x; rc=$?',
    'set -e; v=$(x)',
    'if v=$(x); then a; fi',
    `trap 'exit 1' ERR; x`,
    'if ! bash -c x; then a; fi',
    'x <<E || exit 1\nE',
    'set -e; f() { x; }',
  ])('it is: %s', async (text) => {
    expect((await readShell(text)).commands.find(({name}) => name.text === 'x')?.checked).toBe(true)
  })

  test.each([
    'x',
    'x; a',
    'x | a',
    'set -e; x | a',
    'set -e; set +e; x',
    '(set -e; a); x',
    'set -e; x & a',
    'set -e; local v=$(x)',
    'set -e; a "$(x)"',
    'a && b; x',
    'if a; then x; fi',
  ])('it is not: %s', async (text) => {
    expect((await readShell(text)).commands.find(({name}) => name.text === 'x')?.checked).toBe(false)
  })
})

describe('what cannot be read', () => {
  test('is listed, and the rest is read', async () => {
    const text = 'curl a\nif ) then (\ncurl b\n'
    const {commands, unread} = await readShell(text)
    expect(commands.map(line)).toContainEqual(['curl', 'a'])
    expect(unread.length).toBeGreaterThan(0)
  })

  test.each(['`x', 'curl "abc', 'if x; then', 'a <<E\nx', '((((', '$('.repeat(5000), '('.repeat(20_000)])(
    'something left open is listed: %.12s',
    async (text) => {
      expect((await readShell(text)).unread.length).toBeGreaterThan(0)
    },
  )

  test('a request as prose writes it is a command like any other', async () => {
    const {commands, unread} = await readShell('GET /api/v1/repos/{owner}/{repo}/issues?state=open&type=issues\n')
    expect(commands[0]?.name.text).toBe('GET')
    expect(unread).toEqual([])
  })

  test.each([
    ['escaped', 'x a\\\uFFFCb'],
    ['escaped, in a script of a script', 'eval \\\uFFFC'],
    ['in an ANSI string', "x $'a\uFFFC'"],
    ['written by its number in an ANSI string', String.raw`x $'\uFFFC'b`],
  ])('the character of a hole is one, however it is written: %s', async (_, script) => {
    const {commands} = await readShell(script)
    const words = commands.flatMap((command) => command.words)
    expect(words.some(({text}) => text.includes(HOLE))).toBe(true)
    for (const {text, holes} of words) expect(text.split(HOLE).length - 1).toBe(holes.length)
  })

  test('no text whatever breaks it, and every span lies in the text', async () => {
    const bits = [
      'curl',
      ' ',
      '"',
      "'",
      '$',
      '(',
      ')',
      '{',
      '}',
      '`',
      '<',
      '<<E',
      '>',
      '\n',
      'E',
      '|',
      '&',
      ';',
      '\\',
      'ü',
    ]
    const text = array(oneof(constantFrom(...bits, 'A=', '$A', '<id>', HOLE, '#', 'eval '), string()), {
      maxLength: 30,
    })
    await assert(
      asyncProperty(text, async (parts) => {
        const script = parts.join('')
        const {commands, unread, assignments, comments} = await readShell(script)
        for (const {at} of [...commands, ...commands.flatMap(({words}) => words), ...assignments, ...comments]) {
          expect(at.from).toBeGreaterThanOrEqual(0)
          expect(at.to).toBeGreaterThanOrEqual(at.from)
          expect(at.to).toBeLessThanOrEqual(script.length)
        }
        for (const {from, to} of unread) expect(to >= from && to <= script.length).toBe(true)
        for (const word of commands.flatMap(({words}) => words)) {
          expect(word.text.split(HOLE).length - 1).toBe(word.holes.length)
        }
      }),
      {numRuns: 300},
    )
  })

  test('a long script is read in its time', async () => {
    const text = 'curl -fsS "$BASE/api/v1/repos/$O/$R/issues" | jq .number\n'.repeat(3000)
    expect((await readShell(text)).commands).toHaveLength(6000)
  })
})
