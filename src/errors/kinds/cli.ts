import {run, say, type Advice} from '../advice.ts'
import {kind, nothing, text, type Texts} from '../kind.ts'

/** What is typed, asked and printed. */
export const CLI = {
  SECRET_IN_ARGUMENT: kind('usage', {
    meaning: 'The command line carries a secret value. Nothing was called.',
    says: text`The command line holds ${'what'}. patrol takes secrets from files, the environment or standard input only, so it stopped before using it. Your shell's history and the process list have it now: consider it leaked and replace it.`,
    advice: [say('give it in a file, or on standard input'), run`patrol probe --help`],
  }),
  CONFIRMATION_NEEDED: kind('refused', {
    meaning: 'A write needs a yes, and there was nobody to ask.',
    says: {
      yes: ({question, again}: Texts<'question'> & {again: Advice}) => [
        `This changes things, and there is no terminal to ask at ("${question}").`,
        again,
      ],
      name: ({again}: {again: Advice}) => [
        "Revoking can't be undone, and there is no terminal to type the agent's name at.",
        again,
      ],
      otherwise: ({given, name, again}: Texts<'given' | 'name'> & {again: Advice}) => [
        `--confirm says "${given}", the agent is "${name}".`,
        again,
      ],
      ended: ({question, advice}: Texts<'question'> & {advice: readonly Advice[]}) => [
        `Input ended at the question ("${question}").`,
        ...advice,
      ],
    },
    state: nothing('changed'),
  }),
  DECLINED: kind('refused', {
    meaning: 'The person at the terminal said no. Nothing was changed.',
    says: {no: () => 'You said no.', name: text`That is not "${'name'}".`},
    state: nothing('changed'),
  }),
  REPORT_INVALID: kind('usage', {
    meaning: 'A --report is not written as FORMAT or FORMAT=PATH. Nothing was called.',
    says: {
      format: ({typed, name, names, near}: Texts<'typed' | 'name'> & Record<'names' | 'near', readonly string[]>) => [
        `--report ${typed}: there is no format "${name}". Nothing was called. The formats are ${names.join(', ')}.`,
        ...near.map((each) => say(`did you mean --report ${each}?`)),
      ],
      path: ({typed, name}: Texts<'typed' | 'name'>) => [
        `--report ${typed}: a file name has to follow the "=".`,
        nothing('called'),
        say(`write --report ${name}=patrol.${name}, or --report ${name} for standard output`),
      ],
    },
  }),
  REPORT_CONFLICT: kind('usage', {
    meaning: 'Two reports go to one path or both to stdout, or one would overwrite an input. Nothing was called.',
    says: {
      stdout: ({names}: {names: readonly string[]}) => [
        `${names.length} reports (${names.join(', ')}) would share stdout.`,
        say(`give all but one of them a file, such as --report ${names[1]}=patrol.${names[1]}`),
      ],
      path: text`The reports ${'one'} and ${'other'} would both be written to ${'path'}.`,
      input: text`The report ${'format'} would overwrite ${'path'}, which patrol reads.`,
    },
    state: nothing('called'),
  }),
  REPORT_UNWRITABLE: kind('usage', {
    meaning: 'The file of a report cannot be written. Nothing was called.',
    says: {
      directory: ({path}: Texts<'path'>) => [`${path} cannot be written: it is a directory.`, run`ls -ld ${path}`],
      missing: ({path, where}: Texts<'path' | 'where'>) => [
        `${path} cannot be written: there is no directory ${where}.`,
        run`mkdir -p ${where}`,
      ],
      'no-directory': ({path, where}: Texts<'path' | 'where'>) => [
        `${path} cannot be written: ${where} is no directory.`,
        run`ls -ld ${where}`,
      ],
      refused: ({path, where, code}: Texts<'path' | 'where' | 'code'>) => [
        `${path} cannot be written: the system says ${code}.`,
        run`ls -ld ${where}`,
      ],
    },
    state: nothing('called'),
  }),
  OUTPUT_LOST: kind('unavailable', {
    meaning: 'The run is done, but standard output did not take all of its result (full disk, lost terminal).',
    says: text`Standard output took no more (${'code'}): not all of the result was delivered. The run went on without it, so what it did is done.`,
    advice: [run`patrol rotation list`],
  }),
}
