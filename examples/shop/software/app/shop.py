"""A small shop of lanterns: every page says which revision and instance made it."""

import json
from pathlib import Path

import orders
from flask import Flask, abort, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

HERE = Path(__file__).parent
PRODUCTS = json.loads((HERE / "products.json").read_text())
RELEASE = json.loads((HERE.parent / "release.json").read_text())

app = Flask(__name__)


@app.context_processor
def release() -> dict[str, dict[str, str]]:
    return {"release": RELEASE}


@app.after_request
def name_the_origin(response):
    response.headers["X-Revision"] = RELEASE["revision"]
    response.headers["X-Instance"] = RELEASE["instance"]
    return response


@app.get("/")
def window() -> ResponseReturnValue:
    return render_template("window.html", products=PRODUCTS)


@app.get("/product/<name>")
def product(name: str) -> ResponseReturnValue:
    found = next((item for item in PRODUCTS if item["name"] == name), None)
    if found is None:
        abort(404)
    return render_template("product.html", product=found)


@app.get("/orders")
def list_orders() -> ResponseReturnValue:
    return render_template("orders.html", orders=orders.newest())


@app.post("/orders")
def order() -> ResponseReturnValue:
    product, customer = request.form["product"], request.form["customer"].strip()
    if customer == "" or len(customer) > 80 or all(item["name"] != product for item in PRODUCTS):
        abort(400)
    orders.add(product, customer)
    return redirect("/orders", code=303)


# Not of the database: a new instance in place of this one would not bring that back.
@app.get("/health")
def health() -> ResponseReturnValue:
    return jsonify(status="ok", products=len(PRODUCTS), **RELEASE)
