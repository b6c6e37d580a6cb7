import {expect, it} from 'vitest'
import {newImports} from '../../../scripts/mutants/imports.ts'

it('the tests that have to do with a file are told, the nearest first', () => {
  const imports = newImports()
  imports.note(undefined, 'far.test.ts')
  imports.note('far.test.ts', 'b.ts')
  imports.note('near.test.ts', 'b.ts')
  imports.note('b.ts', 'a.ts')
  imports.note('a.ts', 'b.ts')
  imports.note('near.test.ts', 'a.ts')
  imports.note('other.test.ts', 'c.ts')
  const tests = ['far.test.ts', 'near.test.ts', 'other.test.ts']
  expect(imports.nearest('a.ts', tests)).toEqual(['near.test.ts', 'far.test.ts'])
  expect(imports.nearest('c.ts', tests)).toEqual(['other.test.ts'])
  expect(imports.nearest('other.test.ts', tests)).toEqual(['other.test.ts'])
  expect(imports.nearest('nobody.ts', tests)).toEqual([])
})
