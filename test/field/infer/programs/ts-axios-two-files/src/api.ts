import axios from 'axios'

export const api = axios.create({
  baseURL: `${process.env.GITEA_URL}/api/v1`,
  timeout: 10_000,
  headers: {Authorization: `token ${process.env.GITEA_TOKEN}`},
})
