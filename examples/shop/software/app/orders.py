"""The orders, kept in the shop's MySQL database. `python3 orders.py` makes their table."""

import json
import os
from pathlib import Path

import boto3
import pymysql

HOST = json.loads(Path("/etc/vendhost/host.json").read_text())
DATABASE = HOST["database"]
ACCESS_DENIED = 1045

TABLE = """
CREATE TABLE IF NOT EXISTS orders (
  id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  product VARCHAR(40) NOT NULL,
  customer VARCHAR(80) NOT NULL,
  ordered_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
) CHARACTER SET utf8mb4
"""

_login = None


def add(product: str, customer: str) -> None:
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO orders (product, customer) VALUES (%s, %s)", (product, customer))
        connection.commit()


def newest(count: int = 20) -> list[dict]:
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id, product, customer, ordered_at FROM orders ORDER BY id DESC LIMIT %s", (count,))
        return list(cursor.fetchall())


def connect() -> pymysql.Connection:
    """A connection of its own for each request: the shop is small, and no connection outlives a failover."""
    global _login
    if _login is not None:
        try:
            return _open(_login)
        except pymysql.err.OperationalError as error:
            # The password was rotated: the secret has the new one.
            if error.args[0] != ACCESS_DENIED:
                raise
    _login = _read_secret()
    return _open(_login)


def _open(login: dict) -> pymysql.Connection:
    return pymysql.connect(
        host=DATABASE["address"],
        port=DATABASE["port"],
        database=DATABASE["schema"],
        user=login["username"],
        password=login["password"],
        ssl={"ca": DATABASE["ca"]},
        cursorclass=pymysql.cursors.DictCursor,
    )


def _read_secret() -> dict:
    # Debian's boto3 does not know the variable yet; it is set where AWS is played, and nowhere else.
    client = boto3.client("secretsmanager", HOST["region"], endpoint_url=os.environ.get("AWS_ENDPOINT_URL"))
    return json.loads(client.get_secret_value(SecretId=DATABASE["secret"])["SecretString"])


if __name__ == "__main__":
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(TABLE)
