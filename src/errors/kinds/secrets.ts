import {dirname} from 'node:path'
import {run, say} from '../advice.ts'
import {kind, nothing, text, type Texts} from '../kind.ts'

/** Secrets where they lie, and what is read from there. */
export const SECRETS = {
  SECRET_UNREADABLE: kind('auth', {
    meaning: 'A secret reference could not be turned into a value.',
    says: {
      empty: ({where, what}: Texts<'where' | 'what'>) => [
        `${where} is empty or not set; ${what} is read from there.`,
        say('put the value there, or name another place, in patrol.yaml or by the flag that was typed'),
      ],
      /** What a template engine or a program puts where it has nothing. */
      word: ({where, what, word}: Texts<'where' | 'what' | 'word'>) => [
        `${where} holds the word ${word}; whatever wrote it did not have ${what}.`,
        say('put the value there, or name another place, in patrol.yaml or by the flag that was typed'),
      ],
      lines: ({where, what}: Texts<'where' | 'what'>) => [
        `${where} holds more than one line; ${what} has to be a single line.`,
        say('Keep nothing but the value in it, without comments'),
      ],
      large: text`${'where'} is far too large for a secret; ${'what'} is read from there.`,
      missing: ({path, what}: Texts<'path' | 'what'>) => [
        `${path} does not exist; ${what} is read from there.`,
        say('put the value there, or name another place, in patrol.yaml or by the flag that was typed'),
        run`ls -ld ${dirname(path)}`,
      ],
      closed: ({path, why, what}: Texts<'path' | 'why' | 'what'>) => [
        `${path} ${why}; ${what} is read from there.`,
        run`ls -ld ${path}`,
      ],
      directory: ({path, what}: Texts<'path' | 'what'>) => [
        `${path} is a directory; ${what} is read from there.`,
        run`ls -l ${path}`,
      ],
      asked: ({label}: Texts<'label'>) => [
        `${label} is to be asked for, and there is no terminal to ask at.`,
        say('Point the reference in patrol.yaml at env:NAME, file:PATH or exec:COMMAND instead'),
      ],
      ended: text`Input ended at the question for ${'label'}.`,
      exec: ({what, ending}: Texts<'what' | 'ending'>) => [
        `The exec: command for ${what} ${ending}.`,
        say('Run the command of that exec: reference by hand'),
      ],
      unnamed: () => [
        'No token was named, and this is no workspace that holds one.',
        say('name an agent of patrol.yaml, or a file with --token-file'),
        run`patrol probe --help`,
      ],
      workspace: ({file, variable}: Texts<'file' | 'variable'>) => [
        `This workspace holds no token for the platform: ${file} is missing or blank, and ${variable} is not set.`,
        say('save it'),
        run`patrol workspace-token save --help`,
      ],
    },
  }),
  SECRET_EXPOSED: kind('refused', {
    meaning: 'A secret file can be read by others, and --strict refuses that.',
    says: {
      file: ({path}: Texts<'path'>) => [
        `${path} can be read by other users of this machine. --strict refuses that; nothing was sent.`,
        run`chmod 600 ${path}`,
      ],
      origin: ({path}: Texts<'path'>) => [
        `${path} can be written by others, so its exec: commands are not run.`,
        run`chmod go-w ${path}`,
      ],
    },
  }),
  WORKSPACE_TOKEN_REJECTED: kind('auth', {
    meaning: 'The platform rejects the token that this workspace holds, also after it was read again.',
    says: text`The platform at ${'url'} rejects the token of workspace ${'workspace'} from ${'place'}, also after it was read again. A provisioning of the workspace may have revoked it.`,
    advice: [say('save the new one'), run`patrol workspace-token save --help`, run`patrol doctor`],
  }),
  WORKSPACE_TOKEN_PLACE: kind('refused', {
    meaning: 'Something other than a plain file stands where the workspace token is kept; it was left as it is.',
    says: {
      closed: ({file, why}: Texts<'file' | 'why'>) => [
        `${file} can't be written (${why}).`,
        nothing('saved'),
        run`ls -ld ${dirname(file)}`,
      ],
      occupied: ({file, what}: Texts<'file' | 'what'>) => [
        `${file} is ${what}, where a plain file should hold the token.`,
        {leaves: 'untouched', says: 'It was left as it is, and nothing was saved.'},
        run`ls -ld ${file}`,
        say('set CONFIGS_DIR to keep the token elsewhere'),
      ],
    },
  }),
}
