import {run, say} from '../advice.ts'
import {kind, nothing, text, type Texts} from '../kind.ts'

/** A value that was read somewhere and can't be what it was to be. */
const FOUND = text`${'where'} holds ${'flaw'}. It was to be ${'what'}; nothing was sent.`

/** Addresses as they are typed, and what travels in a header. */
export const HTTP = {
  URL_INVALID: kind('usage', {
    meaning: 'A base URL cannot be used as typed. Nothing was called.',
    says: {
      bare: ({typed, meant}: Texts<'typed' | 'meant'>) => [
        `"${typed}" has no scheme (https://).`,
        say(`did you mean ${meant}`),
      ],
      schemeless: () => 'The address has no scheme (https://).',
      proxy: text`The environment variable ${'variable'} holds no address of an HTTP proxy, such as http://proxy.example.org:3128.`,
      unreadable: () => 'The address cannot be read as a URL.',
      credentials: ({host, clean}: Texts<'host' | 'clean'>) => [
        `The address of ${host} holds a user name or password; credentials never go into a URL.`,
        say(`use ${clean}`),
      ],
      query: ({clean}: Texts<'clean'>) => [
        `"${clean}" must end there: it is a base URL, without "?" or "#".`,
        say(`use ${clean}`),
      ],
      scheme: ({clean, meant}: Texts<'clean' | 'meant'>) => [
        `"${clean}": only https:// (or http:// on loopback) is spoken.`,
        say(`did you mean ${meant}`),
      ],
    },
    state: nothing('called'),
  }),
  URL_INSECURE: kind('usage', {
    meaning: 'An http: address outside loopback, without --insecure-http.',
    says: ({clean, secure}: Texts<'clean' | 'secure'>) => [
      `"${clean}" would send credentials in the clear.`,
      say(`use ${secure}`),
      say('or accept it with --insecure-http'),
    ],
    state: nothing('called'),
  }),
  CREDENTIAL_MALFORMED: kind('usage', {
    meaning:
      'A credential is too short, stands in quotes or in another text, or holds characters that no header carries.',
    says: {
      seed: () => ['The seed of the one-time codes is not base32.', nothing('sent')],
      header: () => [
        'The credential is empty or holds a space, a line break or another character that no token has.',
        nothing('sent'),
        say('check that its file or variable holds exactly one line'),
      ],
      unspeakable: () => [
        'The token is empty or holds a space, a line break or another character that no token has.',
        nothing('saved'),
      ],
      short: ({where, what, length, least}: Texts<'where' | 'what'> & {length: number; least: number}) => [
        `${where} holds ${length === 1 ? 'one character' : `${length} characters`}; ${what} has to have at least ${least}. Nothing was called: the server's own least is ${least}, and a shorter value could not be kept out of what is printed.`,
        run`patrol config check`,
      ],
      found: FOUND,
    },
  }),
  TOKEN_MALFORMED: kind('usage', {
    meaning: 'What was read as a token is none by its shape: quoted, cut, encoded, another secret. It was not sent.',
    says: {
      sent: ({flaw}: Texts<'flaw'>) => [`What was to be sent as a token holds ${flaw}.`, nothing('sent')],
      found: FOUND,
    },
  }),
}
