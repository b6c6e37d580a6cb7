import got from 'got'

const gitea = got.extend({
  prefixUrl: 'https://git.acme.example/api/v1',
  headers: {Authorization: `token ${process.env.ADMIN_TOKEN}`},
  responseType: 'json',
})

const login = process.argv[2]
await gitea.post('admin/users', {
  json: {username: login, email: `${login}@acme.example`, password: crypto.randomUUID(), must_change_password: false},
})
await gitea.get('admin/users', {searchParams: {limit: 50, page: 1}})
