{"seed": 1, "begins": "2026-03-07T19:59:20+00:00"}
{"person": {"number": 0, "name": "Ana Historia", "phone": "+525510010000", "email": "ana.historia@example.com", "extra": {}}}
{"act": {"at": 2, "what": "sends_a_form", "who": 0, "how": {"form": {"nombre": "Ana Historia", "email": "ana.historia@example.com", "telefono": "+525510010000"}}}}
{"act": {"at": 8, "what": "books", "who": 0, "how": {"starts_in": 22.0}}}
{"act": {"at": 12, "what": "writes", "who": 0, "how": {"text": "BAJA"}}}
{"act": {"at": 16, "what": "sends_a_form", "who": 0, "how": {"form": {"nombre": "Ana Historia", "email": "ana.historia@example.com", "telefono": "+525510010000"}}}}
{"act": {"at": 32, "what": "the_meeting_ends", "who": 0, "how": {}}}
