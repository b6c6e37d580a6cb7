const axios = require('axios')

const http = axios.create({baseURL: process.env.GITEA_URL + '/api/v1'})
http.interceptors.request.use((config) => {
  config.headers.Authorization = `token ${process.env.GITEA_TOKEN}`
  return config
})
module.exports = {http}
