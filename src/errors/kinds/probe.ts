import {kind, nothing, text} from '../kind.ts'

/** Probes, which ask what can have no effect. */
export const PROBE = {
  REPO_INVALID: kind('usage', {
    meaning: 'A repository is not written as owner/name.',
    says: text`"${'repo'}" is not a repository: write owner/name.`,
    state: nothing('asked about it'),
  }),
  PROBE_UNSAFE: kind('bug', {
    meaning: 'A probe was about to send a request outside the table of harmless ones. It was not sent.',
    says: text`A probe was about to send ${'request'}, which is not in its table.`,
    state: {leaves: 'untouched', says: 'It was not sent.'},
  }),
  PROBE_HAD_EFFECT: kind('refused', {
    meaning: 'A probe that must never succeed was answered with success. Probing stopped; please report it.',
    says: text`${'request'} must never succeed, but ${'url'} answered ${'status'}. Probing stopped there; this is a mistake of patrol: please report it with the version of that server.`,
  }),
}
