import {say} from '../advice.ts'
import {kind, nothing, text} from '../kind.ts'

/** Addresses as they are typed, and what travels in a header. */
export const HTTP = {
  URL_INVALID: kind('usage', {
    meaning: 'A base URL cannot be used as typed. Nothing was called.',
    state: nothing('called'),
    says: {
      bare: ({typed, meant}: {typed: string; meant: string}) => [
        `"${typed}" has no scheme (https://).`,
        say(`did you mean ${meant}`),
      ],
      schemeless: () => 'The address has no scheme (https://).',
      unreadable: () => 'The address cannot be read as a URL.',
      credentials: ({host, clean}: {host: string; clean: string}) => [
        `The address of ${host} holds a user name or password; credentials never go into a URL.`,
        say(`use ${clean}`),
      ],
      query: ({clean}: {clean: string}) => [
        `"${clean}" must end there: it is a base URL, without "?" or "#".`,
        say(`use ${clean}`),
      ],
      scheme: ({clean, meant}: {clean: string; meant: string}) => [
        `"${clean}": only https:// (or http:// on loopback) is spoken.`,
        say(`did you mean ${meant}`),
      ],
    },
  }),
  URL_INSECURE: kind('usage', {
    meaning: 'An http: address outside loopback, without --insecure-http.',
    state: nothing('called'),
    says: ({clean, secure}: {clean: string; secure: string}) => [
      `"${clean}" would send credentials in the clear.`,
      say(`use ${secure}`),
      say('or accept it with --insecure-http'),
    ],
  }),
  CREDENTIAL_MALFORMED: kind('usage', {
    meaning:
      'A credential is too short, stands in quotes or in another text, or holds characters that no header carries.',
    state: nothing('sent'),
    says: {
      seed: () => 'The seed of the one-time codes is not base32.',
      header: () => [
        'The credential is empty or holds a space, a line break or another character that no token has.',
        say('check that its file or variable holds exactly one line'),
      ],
    },
  }),
  TOKEN_MALFORMED: kind('usage', {
    meaning: 'What was read as a token is none by its shape: quoted, cut, encoded, another secret. It was not sent.',
    state: nothing('sent'),
    says: text`What was to be sent as a token holds ${'flaw'}.`,
  }),
}
