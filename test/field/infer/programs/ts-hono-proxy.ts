// Hands on whatever it is asked for.
import {Hono} from 'hono'

const app = new Hono()
app.all('/forge/*', async (c) => {
  const path = c.req.path.replace(/^\/forge/, '')
  return fetch(`${process.env.GITEA_URL}/api/v1${path}`, {
    method: c.req.method,
    headers: {Authorization: `token ${process.env.GITEA_TOKEN}`},
    body: c.req.raw.body,
  })
})
export default app
