import {expect, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {parseBaseUrl} from '../../../src/http.ts'
import {codesIn, codesSeen} from '../../support/seen-codes.ts'

test('an error of patrol’s own counts, one that a test makes up does not', () => {
  expect(codesSeen()).toEqual([])
  expect(new OpsError('STORE_FULL', 'made up').code).toBe('STORE_FULL')
  expect(codesSeen()).toEqual([])
  expect(() => parseBaseUrl('no address', false)).toThrow('has no scheme')
  expect(codesSeen()).toEqual(['URL_INVALID'])
})

test('a code that a run printed counts, for people and as JSON', () => {
  expect(codesIn('Error: no.\nCode: LEASE_HELD\n')).toEqual(['LEASE_HELD'])
  expect(codesIn('\u001B[2mCode: DECLINED\u001B[22m\r\n')).toEqual(['DECLINED'])
  const printed = '{"error": {"code": "LEASE_LOST", "message": "Code: BUG"}, "code": "NO_SUCH_CODE"}'
  expect(codesIn(printed)).toEqual(['LEASE_LOST'])
})
