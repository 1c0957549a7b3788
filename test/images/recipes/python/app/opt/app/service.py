"""A small HTTP service: Flask out of the virtual environment, its settings out of a file."""

import json
import os
from importlib.metadata import version
from pathlib import Path

from flask import Flask, jsonify, render_template
from werkzeug.serving import make_server

HERE = Path(__file__).parent
settings = json.loads((HERE / 'settings.json').read_text())
app = Flask(__name__)


@app.get('/')
def index():
    return render_template('index.html', greeting=settings['greeting'], flask=version('flask'))


@app.get('/health')
def health():
    return jsonify(user=os.getuid(), directory=os.getcwd(), stage=os.environ['STAGE'])


make_server('127.0.0.1', int(os.environ['PORT']), app).serve_forever()
