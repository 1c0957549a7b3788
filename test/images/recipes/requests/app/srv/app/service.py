"""Over HTTP, a service that calls itself over TLS with requests; sqlite, ctypes and name look-ups as services use them."""

import ctypes
import json
import sqlite3
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests


def call():
    answer = requests.get('https://service.test:8443/secure', timeout=10)
    return f'{answer.status_code} {answer.text}'


def call_by_address():
    try:
        requests.get('https://127.0.0.1:8443/secure', timeout=10)
    except requests.exceptions.SSLError:
        return 'a certificate for another name is refused\n'
    return 'any certificate will do\n'


def query():
    with sqlite3.connect(':memory:') as database:
        database.execute('CREATE TABLE door (name TEXT, open INTEGER)')
        database.executemany('INSERT INTO door VALUES (?, ?)', [('outer', 1), ('inner', 0)])
        return json.dumps(database.execute('SELECT name FROM door WHERE open').fetchall()) + '\n'


def foreign():
    crypto = ctypes.CDLL('libcrypto.so.3')
    crypto.OpenSSL_version.restype = ctypes.c_char_p
    return f'{crypto.OpenSSL_version(0).decode().split()[0]} by ctypes\n'


ANSWERS = {
    '/secure': lambda: 'hello over TLS\n',
    '/call': call,
    '/address': call_by_address,
    '/query': query,
    '/foreign': foreign,
    '/name': lambda: socket.gethostbyname('service.test') + '\n',
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        answer = ANSWERS.get(self.path)
        body = (answer() if answer else 'nothing here\n').encode()
        self.send_response(200 if answer else 404)
        self.send_header('Content-Type', 'text/plain')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == '__main__':
    secure = ThreadingHTTPServer(('127.0.0.1', 8443), Handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain('service.crt', 'service.key')
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    threading.Thread(target=secure.serve_forever, daemon=True).start()
    ThreadingHTTPServer(('127.0.0.1', 8080), Handler).serve_forever()
