import {json, text} from '../../wire.ts'
import type {WireAnswer} from '../../wire.ts'
import {ZERO_TIME} from '../shapes.ts'
import {listed, total} from '../visit.ts'
import type {Handler, Visit} from '../visit.ts'
import {issueHandlers} from './issues.ts'
import {peopleHandlers} from './people.ts'
import {repositoryHandlers} from './repositories.ts'
import {teamHandlers} from './teams.ts'
import {tokenHandlers} from './tokens.ts'

/** `gitea 1.20.6, run`: these routes do not ask for a credential there, and their handlers panic without one. */
function signedIn(visit: Visit, then: () => WireAnswer): WireAnswer {
  const body = '<!DOCTYPE html>\n<html><head><title>Internal Server Error</title></head><body>500</body></html>\n'
  return visit.doer ? then() : {status: 500, headers: {'content-type': 'text/html; charset=utf-8'}, body}
}

const CRON_TASKS = ['archive_cleanup', 'cleanup_hook_task_table', 'update_mirrors']

const siteHandlers: Readonly<Record<string, Handler>> = {
  'misc.Version': (visit) => json(200, {version: visit.dialect.named}),
  'settings.GetGeneralAPISettings': ({settings}) =>
    json(200, {
      max_response_items: settings.maxResponseItems,
      default_paging_num: settings.defaultPagingNum,
      default_git_trees_per_page: 1000,
      default_max_blob_size: 10_485_760,
    }),
  'notify.NewAvailable': (visit) => signedIn(visit, () => json(200, {new: 0})),
  'notify.ListNotifications': (visit) => signedIn(visit, () => json(200, [], total(0))),
  'admin.ListCronTasks': (visit) => {
    const tasks = CRON_TASKS.map((name) => ({
      name,
      schedule: '@midnight',
      next: ZERO_TIME,
      prev: ZERO_TIME,
      exec_times: 0,
    }))
    return listed(visit, tasks, (task) => task, {always: false})
  },
  'activitypub.NotImplemented': () => text(501, 'Not implemented\n'),
}

/** The handlers we have, under their names in the route tables. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  ...siteHandlers,
  ...tokenHandlers,
  ...peopleHandlers,
  ...teamHandlers,
  ...repositoryHandlers,
  ...issueHandlers,
}

/** Ends the chain of a route that is simulated only up to its handler; never a success. */
export function unimplemented(handler: string): Handler {
  return () => json(501, {message: `simulator: ${handler} is not simulated, every stage before it passed`})
}
