{"seed": 3, "begins": "2026-03-07T19:59:20+00:00"}
{"person": {"number": 0, "name": "Caro Historia", "phone": "+525510030000", "email": "caro.historia@example.com", "extra": {}}}
{"person": {"number": 1, "name": "Dani Historia", "phone": "+525510030000", "email": "dani.historia@example.com", "extra": {}}}
{"act": {"at": 2, "what": "sends_a_form", "who": 0, "how": {"form": {"nombre": "Caro Historia", "email": "caro.historia@example.com", "telefono": "+525510030000"}}}}
{"act": {"at": 3, "what": "sends_a_form", "who": 1, "how": {"form": {"nombre": "Dani Historia", "email": "dani.historia@example.com", "telefono": "+525510030000"}}}}
{"act": {"at": 9, "what": "books", "who": 0, "how": {"starts_in": 30.0, "guest": "dani.historia@example.com"}}}
{"act": {"at": 14, "what": "books", "who": 1, "how": {"starts_in": 25.0}}}
{"act": {"at": 18, "what": "cancels", "who": 1, "how": {}}}
{"act": {"at": 40, "what": "the_meeting_ends", "who": 0, "how": {}}}
