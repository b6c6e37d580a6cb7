import {run, say} from '../advice.ts'
import {kind, nothing, text, type Texts} from '../kind.ts'

/** Audits of a fleet, their baselines and the blobs of their shards. */
export const FLEET = {
  SHARD_INVALID: kind('usage', {
    meaning: 'A shard is not written as K/N with K from 1 to N. Nothing was called.',
    says: ({typed, most}: Texts<'typed'> & {most: number}) => [
      `"${typed}" is no shard of a fleet.`,
      run`patrol audit --shard 2/8`,
      say(`Write it as K/N with K from 1 to N, and N at most ${most}`),
    ],
    state: nothing('called'),
  }),
  BASELINE_INVALID: kind('usage', {
    meaning: 'A baseline file is not one, is damaged, or is of another version. Nothing was called.',
    ref: 'docs/rules.md',
    says: text`${'what'}.`,
    state: nothing('called'),
    advice: [say('begin another file with --update-baseline'), run`patrol audit --help`],
  }),
  AUDIT_UNUSABLE: kind('usage', {
    meaning: 'What is to tell whom to rotate is no audit, is cut, or is of another server. Nothing was called.',
    says: {
      text: ({name, why}: Texts<'name' | 'why'>) => `${name} ${why}.`,
      elsewhere: ({name, giteaUrl, ours}: Texts<'name' | 'giteaUrl' | 'ours'>) =>
        `${name} is an audit of ${giteaUrl}, and patrol.yaml names ${ours}.`,
    },
    state: nothing('called'),
    advice: [run`patrol audit --exit-zero --report json=audit.json`],
  }),
  AUDIT_OUTDATED: kind('refused', {
    meaning: 'Since the audit that named it the agent got another token, which that audit did not see.',
    says: ({agent, lastEight}: Texts<'agent' | 'lastEight'>) => [
      `${agent} runs on …${lastEight}, which that audit did not see: its token was replaced since.`,
      run`patrol audit ${agent}`,
    ],
    state: nothing('changed'),
  }),
  BUDGET_SPENT: kind('incomplete', {
    meaning: 'As many agents did not come to their end as --max-failures allows; nothing more was begun.',
    says: ({failed, agents}: {failed: number; agents: readonly string[]}) => [
      `${failed} did not come to ${failed === 1 ? 'its' : 'their'} end, as many as --max-failures allows. Nothing was begun for ${agents.join(', ')}.`,
      run`patrol rotate ${agents}`,
    ],
  }),
  BLOB_INVALID: kind('usage', {
    meaning: 'A file to merge is no blob of an audit, or of another version.',
    says: {
      file: ({path, why}: Texts<'path' | 'why'>) => [`${path} ${why}; nothing was merged.`, run`ls -l ${path}`],
      directory: ({path}: Texts<'path'>) => [`${path} is a directory; nothing was merged.`, run`ls ${path}`],
      text: ({name, what}: Texts<'name' | 'what'>) => [
        `${name} ${what}; nothing was merged.`,
        run`patrol audit --shard 1/2 --report blob=shard-1.blob`,
      ],
    },
  }),
  BLOB_MISMATCH: kind('usage', {
    meaning: 'Blobs to merge are of different inventories or settings, or the same shard twice.',
    says: text`These blobs are not one audit: ${'what'}.`,
    state: nothing('merged'),
    advice: [say('merge all shards of one audit, and nothing else'), run`patrol report merge --help`],
  }),
}
