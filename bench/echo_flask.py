"""The comparison: a Flask webhook on wechatpy that sends every text back and remembers nothing.

It does what its documentation shows and no more: check the signature, decrypt, parse, reply.
"""

from __future__ import annotations

import os

from flask import Flask, Response, abort, request
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.replies import TextReply
from wechatpy.utils import check_signature


def create_app() -> Flask:
    """The application; BENCH_TOKEN, BENCH_AES_KEY, BENCH_APP_ID and BENCH_MODE say for whom."""
    token = os.environ["BENCH_TOKEN"]
    sealed = os.environ["BENCH_MODE"] == "safe"
    crypto = WeChatCrypto(token, os.environ["BENCH_AES_KEY"], os.environ["BENCH_APP_ID"])
    app = Flask("echo", static_folder=None)

    @app.post("/wechat")
    def receive() -> Response:
        args, body = request.args, request.get_data()
        timestamp, nonce = args.get("timestamp", ""), args.get("nonce", "")
        try:
            check_signature(token, args.get("signature", ""), timestamp, nonce)
            if sealed:
                body = crypto.decrypt_message(body, args.get("msg_signature"), timestamp, nonce)
        except InvalidSignatureException:
            abort(403)
        message = parse_message(body)
        xml = TextReply(content=message.content, message=message).render()
        if sealed:
            xml = crypto.encrypt_message(xml, nonce, timestamp)
        return Response(xml, mimetype="application/xml")

    return app
