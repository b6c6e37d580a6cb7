import {describe, expect, it} from 'vitest'
import {stretchesOf, survivorOf, verdict, type Excuse, type Mutant} from '../../../scripts/mutants/verdict.ts'

const FILE = 'src/rotation/gate.ts'

function mutant(status: string, change: Partial<Mutant> = {}): Mutant {
  return {file: FILE, was: 'a && b', now: 'a || b', in: 'if (a && b) return', line: 7, status, ...change}
}

function excuse(change: Partial<Excuse> = {}): Excuse {
  return {file: FILE, was: 'a && b', now: 'a || b', why: 'a holds wherever b does', ...change}
}

/** This many mutants that all differ. */
const many = (count: number, status: string): Mutant[] =>
  Array.from({length: count}, (_, at) => mutant(status, {now: `${status} ${at}`}))

const told = (...args: Parameters<typeof verdict>): string => verdict(...args).lines.join('\n')

describe('a run over mutants', () => {
  it('counts each file, and in the end all of them', () => {
    const other = {file: 'src/http.ts'}
    const {lines} = verdict([...many(3, 'Killed'), mutant('NoCoverage', other), mutant('Timeout', other)], [], 'files')
    expect(lines).toEqual([
      `${FILE}: 3 killed, 0 timed out, 0 survived, 0 not reached`,
      'src/http.ts: 0 killed, 1 timed out, 0 survived, 1 not reached',
      'survived: src/http.ts:7 a && b  ->  a || b',
      '4 of 5 killed (80.0%), 0 survive with a reason, 1 without',
    ])
  })

  it.each(['Survived', 'NoCoverage'])('fails where one %s that has no reason', (status) => {
    expect(verdict([mutant(status)], [], 'part')).toMatchObject({passed: false})
    expect(verdict([mutant(status)], [excuse({why: ''})], 'part')).toMatchObject({passed: false})
    expect(verdict([mutant(status)], [excuse()], 'part')).toMatchObject({passed: true})
  })

  it.each(['Ignored', 'CompileError', 'RuntimeError', 'Pending'])(
    'takes no mutant for killed that was %s',
    (status) => {
      expect(told([mutant(status), mutant('Killed')], [], 'files')).toContain('1 of 1 killed')
    },
  )

  it('of everything fails below 90%, whatever the reasons; of a part it does not', () => {
    const some = [...many(89, 'Killed'), ...many(11, 'Survived')]
    const reasons = some.filter(({status}) => status === 'Survived').map(({now}) => excuse({now}))
    expect(verdict(some, reasons, 'all')).toMatchObject({passed: false})
    expect(told(some, reasons, 'all')).toContain('at least 90% have to be killed')
    expect(verdict(some, reasons, 'files')).toMatchObject({passed: true})
    expect(verdict(some, reasons, 'part')).toMatchObject({passed: true})
    expect(verdict([...some.slice(0, -1), mutant('Killed')], reasons.slice(0, -1), 'all')).toMatchObject({passed: true})
  })

  it('passes where nothing was there to be tried', () => {
    expect(verdict([], [], 'part')).toMatchObject({passed: true})
  })
})

describe('a reason', () => {
  it.each([{file: 'src/http.ts'}, {was: 'a && c'}, {now: 'true'}, {in: 'while (a && b) go()'}])(
    'is for its own mutant only, not for one with another %j',
    (change) => {
      expect(verdict([mutant('Survived')], [excuse(change)], 'part')).toMatchObject({passed: false})
    },
  )

  it('that is written once and referred to again is one for each time', () => {
    const entry = excuse()
    expect(verdict([mutant('Survived'), mutant('Survived')], [entry, entry], 'files')).toMatchObject({passed: true})
    expect(verdict([mutant('Survived')], [entry, entry], 'files')).toMatchObject({passed: false})
  })

  it('may be written over several lines', () => {
    const entry = excuse({was: 'a\n  && b', in: ' if (a &&  b) return'})
    expect(verdict([mutant('Survived')], [entry], 'files')).toMatchObject({passed: true})
  })

  it('is for one mutant: a second one that is just like it needs its own', () => {
    const twins = [mutant('Survived'), mutant('Survived', {line: 9})]
    expect(told(twins, [excuse()], 'files')).toContain('survived: src/rotation/gate.ts:9')
    expect(verdict(twins, [excuse(), excuse()], 'files')).toMatchObject({passed: true})
  })

  it('says which it means where the same is changed in several lines, lest it pass on to the other', () => {
    const both = [mutant('Survived'), mutant('Killed', {in: 'while (a && b) go()', line: 9})]
    expect(verdict(both, [excuse()], 'files').passed).toBe(false)
    expect(told(both, [excuse()], 'files')).toContain('say which ("in")')
    expect(verdict(both, [excuse({in: 'if (a && b) return'})], 'files').passed).toBe(true)
    const other = excuse({in: 'while (a && b) go()'})
    expect(told(both, [other], 'files')).toContain('survived: src/rotation/gate.ts:7')
  })

  it('that no mutant answers to any more fails a run over its file, not one over other files or lines', () => {
    const killed = [mutant('Killed', {now: 'true'})]
    expect(told(killed, [excuse()], 'files')).toContain('no such survivor any more: src/rotation/gate.ts a && b')
    expect(verdict(killed, [excuse()], 'files').passed).toBe(false)
    expect(verdict(killed, [excuse()], 'part').passed).toBe(true)
    const elsewhere = excuse({file: 'src/removed.ts'})
    expect(verdict(killed, [elsewhere], 'files').passed).toBe(true)
    expect(verdict(killed, [elsewhere], 'all').passed).toBe(false)
  })

  it('whose mutant ran out of time is not called needless: on an idle machine it may live', () => {
    expect(verdict([mutant('Timeout')], [excuse()], 'all')).toMatchObject({passed: true})
    expect(verdict([mutant('Timeout', {now: 'true'})], [excuse()], 'all')).toMatchObject({passed: false})
  })
})

it('a survivor is told by its code on one line, from the first to the last column', () => {
  const text = 'const x = 1\nif (a &&\n    b) return\n'
  const place = {start: {line: 2, column: 5}, end: {line: 3, column: 6}}
  expect(survivorOf(FILE, text, place, 'a ||\n b')).toEqual({file: FILE, was: 'a && b', now: 'a || b', in: 'if (a &&'})
  const word = {start: {line: 1, column: 7}, end: {line: 1, column: 8}}
  expect(survivorOf(FILE, text, word, 'y')).toMatchObject({was: 'x', in: 'const x = 1'})
})

it('what a diff adds and changes is tried, by its lines; what it takes away is not there to be tried', () => {
  const diff = `diff --git a/src/one.ts b/src/one.ts
--- a/src/one.ts
+++ b/src/one.ts
@@ -3 +3 @@ function one() {
-  return 1
+  return 2
@@ -10,2 +9,0 @@
-  two()
-  three()
@@ -20,0 +18,3 @@ export function more() {
+  four()
+  five()
+  six()
diff --git a/src/gone.ts b/src/gone.ts
--- a/src/gone.ts
+++ /dev/null
@@ -1,2 +0,0 @@
-export const gone = 1
-
diff --git a/src/new.ts b/src/new.ts
--- /dev/null
+++ b/src/new.ts
@@ -0,0 +1,2 @@
+export const fresh = 1
+// @@ -1 +1 @@
`
  expect(stretchesOf(diff)).toEqual(['src/one.ts:3-3', 'src/one.ts:18-20', 'src/new.ts:1-2'])
})
