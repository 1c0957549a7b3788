// A small HTTP service: Express with settings from a file; lodash and minimist as such services use them.
const { readFileSync } = require('node:fs')
const express = require('express')
const { startCase } = require('lodash')
const { port } = require('minimist')(process.argv.slice(2))

const settings = JSON.parse(readFileSync('settings.json', 'utf8'))
const app = express()
app.disable('x-powered-by')
app.get('/', (_request, response) => response.type('text').send(`${startCase(settings.greeting)}\n`))
app.get('/health', (_request, response) =>
  response.json({ user: process.getuid(), directory: process.cwd(), mode: process.env.NODE_ENV }),
)
app.listen(port, '127.0.0.1')
