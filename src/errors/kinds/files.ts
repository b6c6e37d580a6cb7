import {dirname} from 'node:path'
import {run, say} from '../advice.ts'
import {kind, nothing, text, type Texts} from '../kind.ts'

/** Files that are read and written. */
export const FILES = {
  FILE_EXISTS: kind('refused', {
    meaning: 'A file that would be written exists already and was left as it is.',
    says: text`${'path'} exists already and was left as it is.`,
    state: nothing('changed'),
    advice: [say('repeat the command with another file name')],
  }),
  FILE_CHANGED: kind('refused', {
    meaning: 'A file was changed by somebody else meanwhile and was left as it is.',
    says: ({path}: Texts<'path'>) => [
      `${path} was changed by somebody else meanwhile and was left as it is.`,
      run`ls -l ${path}`,
      say('repeat the command'),
    ],
  }),
  FILE_UNUSABLE: kind('unavailable', {
    meaning: 'A file could not be read or written (full disk, permissions, missing).',
    says: {
      missing: ({directory}: Texts<'directory'>) => ({
        what: `There is no directory ${directory}.`,
        state: nothing('changed'),
        advice: [run`mkdir -p ${directory}`],
        category: 'usage',
      }),
      'no-directory': ({directory}: Texts<'directory'>) => ({
        what: `${directory} is no directory.`,
        state: nothing('changed'),
        advice: [run`ls -ld ${directory}`],
        category: 'usage',
      }),
      baseline: ({path, why}: Texts<'path' | 'why'>) => ({
        what: `The baseline ${path} ${why}.`,
        state: nothing('called'),
        advice: [say('make it with --update-baseline, --owner, --reason and --expires'), run`patrol audit --help`],
        category: 'usage',
      }),
      names: ({file, why}: Texts<'file' | 'why'>) => [
        `${file} could not be read (${why}).`,
        nothing('called'),
        run`ls -l ${file}`,
      ],
      report: ({path, why}: Texts<'path' | 'why'>) => [
        `${path} could not be written (${why}); what stood there before is untouched.`,
        nothing('changed on a server'),
        run`df -h ${dirname(path)}`,
        run`ls -ld ${dirname(path)}`,
      ],
      linkless: ({directory, why}: Texts<'directory' | 'why'>) => [
        `The file system of ${directory} takes no links (${why}), and without one a file that comes meanwhile might be replaced.`,
        nothing('changed'),
        say('name a file on another file system'),
        run`df ${directory}`,
      ],
    },
  }),
}
