import {dirname} from 'node:path'
import {run, say, type Advice} from '../advice.ts'
import {kind, nothing, text, type LeftState, type Texts} from '../kind.ts'

const INCOMPLETE = 'docs/runbooks/rotation-incomplete.md'
const LEFT: LeftState = {leaves: 'untouched', says: 'It was left as it is.'}

/** The whole directory, for what lies beside the file (its write-ahead log) is no use, and harm, to another one. */
function restore(file: string): Advice[] {
  const directory = dirname(file)
  return [
    run`mv ${directory} ${`${directory}.damaged`}`,
    say('restore it from a backup, or start anew and look at the token names on the server'),
  ]
}

/** A record of the journal: `look` tells where it stands. */
type StoryRecord = Texts<'name' | 'id' | 'ref'> & {look: Advice}

/** The state file, and the leases and journals in it. */
export const STORE = {
  STORE_FULL: kind('unavailable', {
    meaning: 'The disk that holds the state directory is full.',
    ref: INCOMPLETE,
    says: text`The disk that holds ${'file'} is full; nothing was recorded by this step.`,
    advice: [say('free some space first'), run`patrol rotation list`],
  }),
  STORE_UNWRITABLE: kind('unavailable', {
    meaning: 'The state directory cannot be written.',
    ref: INCOMPLETE,
    says: ({file}: Texts<'file'>) => [
      `${file} can't be opened for writing; nothing was recorded by this step.`,
      run`ls -ld ${file}`,
      run`patrol doctor`,
    ],
  }),
  STORE_BUSY: kind('unavailable', {
    meaning: 'Another process kept the state file locked for too long.',
    says: text`Another process kept ${'file'} locked for too long; nothing was recorded by this step.`,
    advice: [run`patrol rotation list`],
  }),
  STORE_CORRUPT: kind('unavailable', {
    meaning: 'The state file is damaged or is no store of patrol.',
    ref: INCOMPLETE,
    says: {
      damaged: ({file}: Texts<'file'>) => [`${file} is damaged, or is no store of patrol.`, ...restore(file)],
      'half-made': ({file, version, lacks}: Texts<'file'> & {version: number; lacks: readonly string[]}) => [
        `${file} says that it has schema ${version}, but ${lacks.length > 0 ? `it lacks ${lacks.join(', ')}` : 'its tables are not those of that version'}: an upgrade was broken off, or something else wrote to it.`,
        ...restore(file),
      ],
    },
    state: LEFT,
  }),
  STORE_TOO_NEW: kind('unavailable', {
    meaning: 'The state file was written by a newer patrol.',
    ref: INCOMPLETE,
    says: text`${'file'} was written by a newer patrol (schema ${'version'}, this one knows ${'ours'}).`,
    state: LEFT,
    advice: [say('use the newer patrol')],
  }),
  LEASE_HELD: kind('refused', {
    meaning: 'Another run holds the lease on this agent. Nothing was changed.',
    ref: INCOMPLETE,
    says: text`Another run works on ${'subject'} (${'holder'}); its lease ends in ${'seconds'} s unless renewed.`,
    state: nothing('changed'),
    advice: [run`patrol rotation list`],
  }),
  LEASE_LOST: kind('incomplete', {
    meaning: 'The lease ran out and another run took it; this one stopped.',
    ref: INCOMPLETE,
    says: text`The lease on ${'subject'} ran out and another run took it; this one stopped before it acted.`,
    advice: [run`patrol rotation list`],
  }),
  JOURNAL_CONFLICT: kind('refused', {
    meaning: 'Another run wrote to the same rotation; this one stopped.',
    says: ({name, id, ref, look}: StoryRecord) => ({
      what: `Another run wrote to ${name} ${id} meanwhile; this one stopped before it acted.`,
      advice: [look],
      ref,
    }),
  }),
  JOURNAL_UNREADABLE: kind('unavailable', {
    meaning: 'A journal does not describe a rotation.',
    says: ({name, id, ref, look, seq, file}: StoryRecord & {seq: number; file: string}) => ({
      what: `Event ${seq} of ${name} ${id} in ${file} can't be read, so nobody can tell where it stands. It was left as it is; nothing was done for it.`,
      advice: [look],
      ref,
    }),
  }),
}
