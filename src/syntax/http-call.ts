import {curlCall} from './http-call/curl.ts'
import {httpieCall} from './http-call/httpie.ts'
import {wgetCall} from './http-call/wget.ts'
import type {HttpCall, ShellCommand} from './types.ts'

/**
 * Reads a command as the HTTP request it would send, with method and headers chosen as the tool chooses them.
 * `undefined` for every other command.
 */
export function httpCallOf(command: ShellCommand): HttpCall | undefined {
  switch (command.name.text.split('/').at(-1)) {
    case 'curl':
      return curlCall(command)
    case 'wget':
      return wgetCall(command)
    case 'http':
    case 'xh':
      return httpieCall(command, 'http')
    case 'https':
    case 'xhs':
      return httpieCall(command, 'https')
    default:
      return undefined
  }
}
