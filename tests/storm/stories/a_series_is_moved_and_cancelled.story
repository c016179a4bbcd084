{"seed": 2, "begins": "2026-03-07T19:59:20+00:00"}
{"person": {"number": 0, "name": "Beto Historia", "phone": "+528110020000", "email": "beto.historia@example.com", "extra": {}}}
{"act": {"at": 2, "what": "sends_a_form", "who": 0, "how": {"form": {"nombre": "Beto Historia", "email": "beto.historia@example.com", "telefono": "+528110020000"}}}}
{"act": {"at": 8, "what": "books", "who": 0, "how": {"starts_in": 30.0, "weeks": 3}}}
{"act": {"at": 12, "what": "moves", "who": 0, "how": {"starts_in": 36.0}}}
{"act": {"at": 20, "what": "cancels", "who": 0, "how": {}}}
