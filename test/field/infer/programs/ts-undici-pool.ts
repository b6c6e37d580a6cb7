import {Pool} from 'undici'

const pool = new Pool('https://git.acme.example')
const {body} = await pool.request({
  method: 'GET',
  path: '/api/v1/repos/acme/core/commits?sha=main&limit=1&page=1',
  headers: {authorization: `token ${process.env.TOKEN}`},
})
console.log(((await body.json()) as {sha: string}[])[0]?.sha)
