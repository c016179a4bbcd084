{"seed": 4, "begins": "2026-03-03T18:00:00+00:00"}
{"person": {"number": 0, "name": "Eva Historia", "phone": "+525520100000", "email": "eva.historia@example.com", "extra": {}}}
{"person": {"number": 1, "name": "Fer Historia", "phone": "+525521110000", "email": "fer.historia@example.com", "extra": {}}}
{"person": {"number": 2, "name": "Gil Historia", "phone": "+525522120000", "email": "gil.historia@example.com", "extra": {}}}
{"person": {"number": 3, "name": "Hugo Historia", "phone": "+525523130000", "email": "hugo.historia@example.com", "extra": {}}}
{"person": {"number": 4, "name": "Ines Historia", "phone": "+525524140000", "email": "ines.historia@example.com", "extra": {}}}
{"person": {"number": 5, "name": "Juan Historia", "phone": "+525525150000", "email": "juan.historia@example.com", "extra": {}}}
{"person": {"number": 6, "name": "Kena Historia", "phone": "+525526160000", "email": "kena.historia@example.com", "extra": {}}}
{"person": {"number": 7, "name": "Luis Historia", "phone": "+525527170000", "email": "luis.historia@example.com", "extra": {}}}
{"person": {"number": 8, "name": "Mara Historia", "phone": "+525528180000", "email": "mara.historia@example.com", "extra": {}}}
{"person": {"number": 9, "name": "Nora Historia", "phone": "+525529190000", "email": "nora.historia@example.com", "extra": {}}}
{"act": {"at": 1.5, "what": "provider_fails", "who": null, "how": {"provider": "kommo", "kind": "slow", "path": "contacts", "method": "GET", "times": 12, "seconds": 0.5}}}
{"act": {"at": 2.0, "what": "sends_a_form", "who": 0, "how": {"form": {"nombre": "Eva Historia", "email": "eva.historia@example.com", "telefono": "+525520100000"}}}}
{"act": {"at": 2.0, "what": "sends_a_form", "who": 1, "how": {"form": {"nombre": "Fer Historia", "email": "fer.historia@example.com", "telefono": "+525521110000"}}}}
{"act": {"at": 2.0, "what": "sends_a_form", "who": 2, "how": {"form": {"nombre": "Gil Historia", "email": "gil.historia@example.com", "telefono": "+525522120000"}}}}
{"act": {"at": 2.0, "what": "sends_a_form", "who": 3, "how": {"form": {"nombre": "Hugo Historia", "email": "hugo.historia@example.com", "telefono": "+525523130000"}}}}
{"act": {"at": 2.0, "what": "sends_a_form", "who": 4, "how": {"form": {"nombre": "Ines Historia", "email": "ines.historia@example.com", "telefono": "+525524140000"}}}}
{"act": {"at": 5.0, "what": "is_frozen_past_its_lease", "who": null, "how": {"service": "crm", "replica": 0}}}
{"act": {"at": 21.5, "what": "provider_fails", "who": null, "how": {"provider": "kommo", "kind": "slow", "path": "contacts", "method": "GET", "times": 12, "seconds": 0.5}}}
{"act": {"at": 22.0, "what": "sends_a_form", "who": 5, "how": {"form": {"nombre": "Juan Historia", "email": "juan.historia@example.com", "telefono": "+525525150000"}}}}
{"act": {"at": 22.0, "what": "sends_a_form", "who": 6, "how": {"form": {"nombre": "Kena Historia", "email": "kena.historia@example.com", "telefono": "+525526160000"}}}}
{"act": {"at": 22.0, "what": "sends_a_form", "who": 7, "how": {"form": {"nombre": "Luis Historia", "email": "luis.historia@example.com", "telefono": "+525527170000"}}}}
{"act": {"at": 22.0, "what": "sends_a_form", "who": 8, "how": {"form": {"nombre": "Mara Historia", "email": "mara.historia@example.com", "telefono": "+525528180000"}}}}
{"act": {"at": 22.0, "what": "sends_a_form", "who": 9, "how": {"form": {"nombre": "Nora Historia", "email": "nora.historia@example.com", "telefono": "+525529190000"}}}}
{"act": {"at": 25.0, "what": "is_frozen_past_its_lease", "who": null, "how": {"service": "crm", "replica": 1}}}
