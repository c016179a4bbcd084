"""Spanish, as it is written in Mexico, Colombia, Peru, Argentina, Chile and Spain.

The subjunctive asks (`no me llamen`), the indicative reports (`no me llaman`).
"""

from contracts.events.reply import Intent
from services.notify.decisions.phrases.language import Language, Phrase, pattern, words_of

NO = "(?:no|nunca(?: mas)?|jamas|ni|tampoco)"
CALL = "(?:(?:ll|ay|y|l)am)"  # and as it is misspelt
ASKED = (
    f"(?:{CALL}|mand|envi|contact|molest|marqu|fastidi|chingu|acos|hostigu|comuniqu|spame|timbr"
    "|agobi|incomod|hueve|we[bv]e)(?:e|en|es|eis|n|s|i|is)"
    "|(?:escri[bv]|insist|jod)(?:a|an|as|ai|ais)"
)
ASKED_WITH_ME = "(?:habl|busqu|texte|bombarde|whatsappe|contest)(?:e|en|es|eis)"
DOING = (
    f"(?:{CALL}ar|marcar|escribir|mandar|enviar|molestar|contactar|insistir|joder|chingar|fregar"
    "|fastidiar|estar|spamear|webiar|acosar|hostigar|romper|buscar|textear|hablar|comunicar"
    "|huevear|webear"
    "|timbrar|mamar|hacer spam)(?:me|nos|se)?"
)
ONGOING = (
    f"(?:{CALL}|mand|envi|contact|molest|marc|escrib|insist|jod|ching|frieg|busc|fastidi)"
    "(?:ando|iendo)"
)
UNASKED = (
    "(?:mensajes?|llamadas?|correos?|mails?|emails?|e mails?|publicidad|spam|promociones"
    "|notificaciones|whatsapps?|sms|mensajitos?)"
)
MESSAGES = f"(?:{UNASKED}|informacion|nada)"
REMOVE = (
    "(?:(?:quit|borr|elimin|retir|tach)(?:en|e|a|ad|ar|es|as|eis|ar[ao]n|asen|aran?)"
    "|saqu(?:en|e|es)|sac(?:a|ad|ar|as|aran)"
    "|(?:remuev|suprim)(?:an|a|as)|suprim(?:id|ir)|remov(?:er|ed))"
)
REGISTER = (
    "(?:listas?|numeros?|datos|base|contactos?|registros?|sistema|directorio|agenda|telefono"
    "|difusion|grupo|cel|celular|correo|informacion|perfil)"
)
DAYS = "(?:lunes|martes|miercoles|jueves|viernes|sabados?|domingos?|fin(?:es)? de semana)"
MEANS = (
    "(?:whatsapps?|whats|wasap|wsp|wpp|correo|mail|email|e mail|mensajes?|mensajito|texto|sms"
    "|telefono|llamada|escrito|aqui|aca|este medio|chat|msj)"
)
MEETING = "(?:cita|reunion|sesion|videollamada|entrevista|asesoria|agendad[ao]|meeting|turno|hora)"
CHANGE = (
    "(?:cancel\\w*|mover\\w*|mueve\\w*|muevan\\w*|movemos|cambi\\w*|pospon\\w*|pospuest\\w*"
    "|aplaz\\w*|adelant\\w*|recorr\\w*|pasar\\w*|anul\\w*|suspend\\w*|correr\\w*)"
)
APPOINTMENT = (
    "(?:citas?|reunion(?:es)?|sesion|junta|videollamada|entrevista|asesoria|consulta|turno"
    "|hora(?! no)|evento|meeting|llamada agendada)"
)
# what may stand between a removal and its appointment
BETWEEN = "(?: (?!numero|datos|listas?|correos?|mensajes|contacto|base|su|sus|tu)\\w+){0,4}"
REMOVAL = (
    f"(?:(?:{REMOVE}|elimin|borr|quit|sac|saqu|descart|suprim|remov)\\w*|salir(?:me)?|desapunt\\w*"
    "|(?:de )?baja|(?:ya )?no (?:quiero|queremos|deseo|deseamos|necesito|me interesa|ocupo))"
)
DONE_WITH = "(?:a|con|en|por) (?:otr\\w*|alguien|un[oa]|mi|el|la)"
# what the law lets a person ask for, of what is theirs
RIGHT = "(?:cancelacion|supresion|oposicion|eliminacion|borrado|suprim\\w+|cancel(?:en|ar))"
CALL_ME = "(?:llam|marc|marqu)(?:ame|eme|enme)"
DATA = "(?:mis datos|mi informacion|de datos personales)"
# how a business tells how to stop its own messages, which asks us for nothing
INSTRUCTION = (
    "(?:(?:si (?:ya )?no (?:dese|quier)\\w+|si (?:dese|quier)\\w+ (?:dejar|cancelar)"
    "|para (?:dejar|no|ya no|cancelar|darte|darse))(?: \\w+){0,8} )?"
    "(?<!no )(?<!me )(?<!nos )(?:responde|responda|escribe|escriba|envia|envie|manda|mande|contesta"
    "|conteste|teclea|digita|digite)(?: con| a este mensaje)?(?: la palabra| el texto)?"
    " (?:baja|stop|alto|salir|parar|cancelar)"
    "(?: (?:para|y|si) (?:ya )?(?:no|dejar|darte|darse|cancelar)(?: \\w+){0,4})?"
)
DEPARTMENT = (
    "(?:ventas|soporte|servicios?|atencion|facturacion|cobranza|pedidos|citas|asesor|menu|compras"
    "|administracion|garantias|sucursales|horarios?|precios|promociones|recursos|informes|otro)"
)
BUSINESS_ANSWERS = (
    pattern(INSTRUCTION),
    pattern(rf"1 (?:\w+ ){{0,3}}{DEPARTMENT}|siguientes opciones"),
    pattern(
        r"(?:como|en que) (?:te |le |les |lo |la |los )?(?:podemos|puedo) (?:ayud|serv|apoy"
        r"|atend)\w+"
    ),
    pattern(
        r"dej(?:a|e|anos|enos) (?:aqui )?(?:tu|su|un|el) (?:mensaje|consulta|nombre|datos"
        r"|duda)"
    ),
    pattern(r"""
        gracias por (?:comunicar\w+|contactar\w*|escribir\w*|(?:tu|su) (?:mensaje|preferencia
        |interes|contacto|correo|comprension|paciencia)|ponerte|ponerse|llamar\w*|elegir\w*
        |visitar\w*)
    """),
    pattern(r"""
        (?:en (?:este|estos) momentos?|por el momento|actualmente|ahora) (?:no |nos )?(?:me )?
        (?:\w+ )?(?:estamos|podemos|encontramos|encuentro|contamos|hay|atendemos)
    """),
    pattern(r"""
        (?:(?:te|le|les|lo|la|nos) )?(?:responderemos|contestaremos|atenderemos|contactaremos
        |comunicaremos|atendera\w*|respondera\w*|estaremos (?:respondiendo|contestando)
        |(?:te|le|les) (?:atendemos|respondemos|contestamos))
    """),
    pattern(
        r"horarios? (?:de )?(?:atencion|servicio|oficina|es)|nuestro horario"
        r"|lunes a (?:viernes|sabado)"
    ),
    pattern(
        r"a la brevedad|lo antes posible|en breve(?! (?:te|les?|los?) \w+o\b)|lo mas pronto posible"
        r"|un(?:o de nuestros)? asesor(?:es)?"
        r"|en un momento|en cuanto (?:podamos|nos sea|volvamos)|cuando volvamos"
        r"|pronto (?:(?:te|le|les|nos) (?:atend|respond|contest|contact|comunic)|un)"
    ),
    pattern(r"(?:bienvenid[oa]s?|bienvenida) a|estimad[oa] cliente"),
)

SPANISH = Language(
    short={
        "q": "que",
        "d": "de",
        "k": "que",
        "kiero": "quiero",
        "qiero": "quiero",
        "n0": "no",
        "msj": "mensaje",
        "msjs": "mensajes",
        "tel": "telefono",
        "num": "numero",
        "nro": "numero",
        "x": "por",
        "xfa": "por favor",
        "xfavor": "por favor",
        "baha": "baja",
        "sacenme": "saquenme",
        "saqenme": "saquenme",
    },
    key_words=words_of("""
        baja, molestar, molesten, moleste, molestes, llamar, llamen, llame, llames
        llamarme, llamada, llamadas, mandar, manden, mande, mandes, mandarme
        enviar, envien, envie, enviarme, escribir, escriban, escriba, escribas, escribirme
        contactar, contacten, contacte, contactes, contactarme, marquen, marques
        marcarme, hablen, busquen, busques, busque, insistan, insistir, quiten, quitenme, quiteme
        borren, borrenme, borreme
        borrame, eliminen, eliminenme, eliminar, eliminarme, saquen, saquenme, saqueme, dejen
        dejenme, retiren, retirenme, mensaje, mensajes, publicidad, quiero, deseo, recibir
        numero, suscripcion, cancelar, cancelen, contactos, datos, base, desuscribir
        desuscribirme, desuscribanme, marcame, contactame, eliminame, dejeme, mandame, llamame
        enviame, suprimir, supresion
        cancelacion, oposicion, eliminacion
    """),
    joined={
        "yanome": "ya no me",
        "yano": "ya no",
        "nome": "no me",
        "no": "no",
        "ya": "ya",
        "me": "me",
        "m": "me",
        "de": "de",
        "su": "su",
    },
    stop=words_of("""
        baja, dar de baja, darme de baja, dame de baja, denme de baja, la baja, mi baja
        alto, parar, para, paren, pare, parale, parenle, salir, eliminar, eliminarme, remover
        desuscribir, desuscribirme, desuscribirse, borrar, borrarme, borrenme, basta, ya basta
        no mas, no mas mensajes, no mas llamadas, no molestar, no molesten, no llamar, no contactar
        desuscribete, desactivar, cesar, bloquear, parad, cortala, cortenla, ya estuvo
        ya estuvo bueno, de baja, debaja, darse de baja, salirme, spam, no spam, parala
        cortenla po, dejar de recibir, desactivar mensajes, no llamadas, no hinchen, no hincheis
        no rompan, paren con esto, detener, detener mensajes, suspender,
        suspender envios, sacame, saquenme, saqueme, quitame, quitenme, quiteme, borrame, borreme
        eliminame, bajenme, retirenme, retireme, borradme, quitadme, sacadme, dejenme, dejeme
        dejame, no correos, no mensajes
    """),
    misspelt=words_of("baja, desuscribir, desuscribirme, eliminar"),
    ordinary=words_of("""
        bajo, baje, baia, gaja, aja, caja, paja, faja, raja, maja, bala, bata, bajas, bajar
        bajan, vaya, haja, baba, bama
        bana, bara, basa, baza, baya, beja, beja, buja, aja, jaja, laja, taja, saja, hajaja, bajas
        eliminan, eliminas, eliminad, baka, rebaja, bajaj, baila, quien, llaves, manten, demande
        demanden, demandar, contarte, contaste, escritas, hallen, marcharme, marquez, estriba
        manjar, manes, lamar, borden, llanes
    """),
    ends=words_of("""
        cancelar, cancela, cancelen, cancele, cancelado, anular, cancelar todo, cancelen todo
        cancela todo, cancele todo, cancelenlo, cancelenlo todo, cancelalo, cancelarlo
        cancelo, cancelados, cancelemos, cancelenla, cancelala, anulen, anula, anulado
    """),
    refusals=words_of("no, nop, nel, fin, ya no, no insistas"),
    doubtful=words_of("""
        baja, alto, salir, parar, eliminar, borrar, cancelar, verga, estafadores, rateros, fraude
        insistencia, insistentes, demanda, mames, mamera, diablo, lata, bloqueado, bloqueados
    """),
    start=words_of("""
        alta, darme de alta, dame de alta, denme de alta, deme de alta, dar de alta, reactivar
        reactivame, reactivenme, reanudar, activar, activarme, activame, suscribir, suscribirme
        suscribirse, suscribeme, suscribanme, de alta
    """),
    thanks=words_of("""
        gracias, muchas gracias, mil gracias, ok, oki, okey, okay, va, vale, dale, listo, perfecto
        de acuerdo, enterado, enterada, entendido, excelente, genial, muy amable, super, bueno, sale
        si, claro, recibido, igualmente, ya, joya, barbaro, buenisimo, de nada, con gusto, amen
        bendiciones, sale y vale, esta bien, muy bien, gracias por la informacion, gracias igual
        gracias a ti, gracias a usted, gracias por la info, gracias por tu mensaje
        gracias por su mensaje, gracias por escribirme, gracias por tu atencion
        gracias por su atencion, gracias por avisar, quedo atento, quedo atenta, por supuesto
        chevere, bacan
    """),
    around_hours=words_of("""
        mejor, puedo, podria, puede ser, podria ser, seria, como, tipo, a eso de, esta bien
        perfecto
        me queda bien, me queda mejor, me acomoda, me parece bien, estaria bien, yo, el, la, a, de
        claro, por, que sea, sale, va, listo, dale, excelente, genial, de acuerdo
    """),
    fillers=words_of("""
        hola, buenas, buenos, buen, dia, dias, tardes, noches, por favor, porfavor, porfa, porfis
        xfa, xfavor, plis, pls, favor, gracias, muchas, mil, ok, okay, vale, si, ya, bueno, senor
        senora, senorita, senores, amigo, oye, oigan, entonces, pues, quiero, quisiera, deseo
        solicito, pido, necesito, de una vez, che, ahora, la, mi, me, doy, mismo, inmediatamente
        urgente, palabra, digo, escribo, mando, respondo, responder, envio, x favor
    """),
    forbids=pattern(rf"""
        (?:{NO} (?:(?:me|nos|le|les|te|se) ){{0,2}}(?:{ASKED})(?:me|nos)?
        |nome (?:{ASKED}|{ASKED_WITH_ME})
        |{NO} (?:me|nos) (?:{ASKED_WITH_ME})
        |ya n[oi] (?:{ASKED_WITH_ME})
        |{NO} (?:(?:me|nos|te|se) )?(?:vuelv(?:an|a|as|ais)|volv(?:er|ais)) a {DOING}
        |{NO} (?:(?:me|nos) )?(?:sig(?:an|a|as|ais)|est(?:en|e|es)|and(?:en|e|es)) {ONGOING}
        |(?<!para )(?<!lo )(?<!espero )no (?:(?:volver a|seguir) )?(?:{DOING}|{ONGOING})
        |(?:que|nunca|jamas)(?: mas)? (?:me|nos) vuelv(?:an|a|as|ais) a {DOING}
        |no (?:me|nos) (?:llama|escribe|manda|busca|habla|marca) mas(?! que)
        |no (?:me|nos) (?:romp|hinch|friegu|joroban|den lata)\w*|no rompas(?: mas)?(?: las \w+)?$
        |no (?:me|nos) lleguen?(?: mas)? {MESSAGES}
        |(?:eviten?|evitar|evita|absten\w+ de|abstengan\w* de) {DOING}
        |ningun[ao]? (?:llamada|mensaje|correo)|(?:les |te |le )?prohibo que (?:me|nos) \w+
        |(?:se|te) los? prohibo|no esta permitido que (?:me|nos) \w+|ni (?:\w+ ){{0,2}}(?:me
        |nos) (?:{ASKED})
        |(?:stop|alto|basta) (?:(?:de|a|con) )?(?:(?:las|los|sus) )?{UNASKED}
        |prohibido (?:{DOING}|{CALL}ar)|no tienen? (?:(?:mi|el) )?(?:permiso|autorizacion)(?:$
        | (?:de|para) \w+(?:me|nos))
        |no (?:quiero|quero|queremos|deseo|deseamos|acepto|autorizo|permito|necesito|me interesan?
        |requiero)
         (?:(?:mas|ningun[ao]?|recibir|sus|esos|estos|tantos|tus|ver|leer|nada de|de|seguir
        |continuar|recibiendo
        |volver a) ){{0,3}}{MESSAGES}|no quiero (?:su|tu) {UNASKED}
        |ni se les? ocurra (?:volver a )?{DOING}
        |no (?:quiero|quero|queremos|deseo|deseamos|me interesa|me gusta|me gustaria|pretendo)
         (?:mas$|mas (?:gracias|por favor|porfavor|porfa|de (?:esto|eso|ustedes)|esto|eso)
        |(?:(?:volver a|seguir|estar|mas) )?(?:recibir|recibiendo)\w*|(?:volver a )?ser (?:contactad
        |molestad|llamad|buscad)[oa]s?
        |que (?:(?:me|nos|le|les|se) )?(?:sigan?|vuelvan?|esten|estes|{ASKED}|{ASKED_WITH_ME}))
        |ni que (?:me|nos) (?:{ASKED}|{ASKED_WITH_ME})
        |no deben? ser (?:contactad|molestad|llamad)[oa]s?
        |no quiero saber (?:(?:nada|mas) )?de (?:ustedes|usted|esto|su \w+)
        |no (?:me )?(?:hace falta|es necesario|necesito|requiero|hay necesidad de|tiene caso|gusta
        |agrada|parece)
         que (?:(?:me|nos|se) )?(?:{ASKED}|{ASKED_WITH_ME})
        |(?:prefiero|preferiria|mejor|quisiera|quiero|deseo|agradeceria|favor de|favor|solicito)
         (?:ya )?no (?:recibir|seguir recibiendo|{DOING})
        |(?:ya|mas) no recibir|no recibir (?:mas )?{MESSAGES}
        |(?<!no )dej(?:en|e|a|ad|es)(?:me|nos|se)?(?: ya)?(?: por favor)? de {DOING}
        |(?<!no )(?<!no quiero )(?<!no me gustaria )(?<!no pueden )(?<!sin )(?<!no deseo )
        (?:dejar|dejo|dejamos|dejaran) de (?:{DOING}|recibir\w*)
        |(?<!no )dejen? de llegar(?:me|nos)?
        |(?:par|ces|cort|cortenla|termin|acab)(?:en|e|a|ad)?(?:la|le|se)?(?: ya)?(?: por favor)?
         (?:de|con) (?:{DOING}|(?:\w+ )?{MESSAGES}|esto|eso|tant[oa]s? \w+)
        |paren?(?:le)? a (?:los|las|sus|tantos|tantas) {MESSAGES}
        |ya (?:estuvo|fue|estuvo bueno|estuvo bien) (?:de|con) (?:tant[oa]s? )?{MESSAGES}
        |(?:ya )?no mas {MESSAGES}|ni un[oa]? {UNASKED}(?: mas)?
        |(?:no|cero|ni|sin) (?:llamadas|mensajes|correos|publicidad|spam|promociones|sms)
        |(?:me|nos) dejan? de {DOING}
        |(?<!no )me molestan? (?:que (?:me|nos) (?:{ASKED}|{ASKED_WITH_ME})|sus {MESSAGES})
        |(?<!llegado )(?<!recibido )(?<!recibi )(?<!llego )(?<!se )nada de {UNASKED})
    """),
    limits=pattern(rf"""
        (?:ahorita|ahora|ahora mismo|hoy|manana|pasado|al rato|luego|despues|todavia|aun
        |(?:a|en) (?:esta|estas|este|estos|esa|esas) (?:horas?|momentos?)|en este rato
        |(?:por|en|de) (?:la|las) (?:mananas?|tardes?|noches?)|de noche|madrugada
        |antes de\w*|despues de\w*|hasta (?:las|la|el|que|manana|despues)|a las? \w+|entre \d+
        |tan temprano|tan tarde|mas tarde|mas adelante|temprano|{DAYS}|esta semana|entre semana
        |en horario|horario|cuando|mientras|tanto|tan seguido|estoy (?:en|manejando|trabajando)
        |(?:yo|te|les|los|le|lo) (?:llamo|marco|aviso|busco|escribo|contacto|hablo|comunico)
        |(?:solo|solamente|unicamente|puro|puros|mejor) (?:(?:por|al|en|un|el|mi|x) ){{0,2}}{MEANS}
        |(?:por|al|x) (?:(?:el|mi) )?{MEANS} (?:mejor|si|solo|unicamente|nada mas|esta bien|no\.?$)
        |(?<!ni )(?<!no )(?<!me )(?:mand|envi|escrib)(?:en|an|e|a) (?:(?:un|por|al) )?{MEANS}
        |prefiero (?:(?:por|el|un|al) ){{0,2}}{MEANS}
        |es otro|usen|usa el|(?:llam|escrib|marqu|mand)(?:en|an|e|a|ar|ir) (?:al?|solo|mejor)\b
        |(?<!me )(?<!no )(?<!ni )(?:escrib|habl|llam|marqu)(?:an?|en?)$|\d{{7,}}|audios?
        |notas? de voz|stickers?
        |(?:mas )?(?:links?|ligas?|enlaces?)|al buzon
        |a (?:cobranza|volar)|(?:yo )?(?:agendo|reservo)
        |mejor(?! no| ya no)|prefiero(?! no| que no)|preferible|preferiria(?! no| que no)|sino
        |(?:al|a mi|en el|en mi|a la|en la) (?:trabajo|oficina|casa|esposo|esposa|marido|mujer|mama
        |papa|hijo|hija|jefe|jefa|socio|socia)|a mi \w+|otro numero|al otro
        |(?:escrib|mand|envi|pas|llam|marc|texte|habl)(?:ame|anme|enme|eme|ime|adme|idme|eme)
        |marquenme|marqueme
        |robots?|grabacion\w*|maquina|(?:con|hable) una persona|humano
        |(?:el|la|un|una|ese|esa|otro|otra) (?:link|liga|enlace|cotizacion|ubicacion|factura|pdf
        |catalogo|contrato|presupuesto|propuesta)|cotizacion|presupuesto)
    """),
    for_good=pattern(r"""
        (?:nunca|jamas|para siempre|definitivamente|en absoluto|de nuevo|otra vez
        |mas(?! tarde| adelante| temprano| hoy| por hoy| ahora| ahorita| o menos| bien))
    """),
    stays=pattern(rf"""
        (?:{NO} (?:(?:me|nos|lo|la|los) )?(?:(?:vayan?|vayas) a )?
        (?:(?:d(?:en|e|es|eis|ar)(?:me|nos)?) (?:de )?(?:la )?baja
        |(?:quit|borr|elimin|retir)(?:en|e|es|eis)|saqu(?:en|e|es|eis)|(?:remuev|suprim)(?:an|as
        |ais)
        |(?:quit|borr|elimin|sac)ar(?:me|nos)?)
        |{NO} (?:quiero|quisiera|deseo|pienso|voy a|vamos a|pretendo|pedi|solicite)
         (?:(?:darme|dar|que (?:me|nos) (?:den|de|des|dieran)|la|mi) (?:de )?(?:la )?baja
        |salir(?:me)? de (?:la|su) lista|que (?:me|nos) {REMOVE}))
    """),
    excuses=pattern(rf"""
        (?:{INSTRUCTION}|(?:\w+ )?(?:de )?baja (?:(?:de|del|en|a|con|por|al) )?(?:(?:el|la|los|mi
        |mis|un|una|su
        |otra
        |antigu[oa]|otro) )*(?:lineas?|plan|internet|contrato|trabajo|empleo|seguro|imss|issste
        |hacienda|sat|proveedor|poliza|tarjeta|credito|auto|carro|coche|vehiculo|placas?|gimnasio
        |negocio|rfc|empresa|emplead[oa]s?|trabajador(?:es)?|escuela|universidad|promocion(?:es)?
        |oferta|pagina|medica|maternal
        |maternidad|laboral|enfermedad
        |temporal|incapacidad|california|telefonia|televisa|totalplay|izzi|telmex)
        |(?:estoy|estaba|estamos) (?:dando|dado|dada|de) (?:de )?baja
        |(?:presion|bateria|planta|temporada|voz|calidad|autoestima) (?:\w+ )?baja
        |baja (?:de )?(?:precios?|tension|presion|calidad|california)
        |no (?:(?:me|nos) )?(?:habl|trat)\w+ (?:\w+ ){{0,2}}de (?:usted|tu|precios|politica)\b
        |(?:pued\w+|podr\w+|derecho a) solicitar(?: \w+){{0,8}} sus datos
        |no me mand\w+ a volar|no soy yo (?:quien|el que|la que)|basta de perder
        |(?:sistema|herramienta|programa|software|app|crm) (?:para|que)
         (?:borr|elimin|quit|dar|cancel|llam|marc)\w*(?: \w+){{0,3}}
        |(?:eliminar|borrar|quitar) duplicad\w+(?: \w+){{0,5}}
        |(?:mi|mis|los|sus) (?:equipo|clientes?|vendedores) (?:\w+ ){{0,2}}(?:baja|deja|dejan
        |de llamar)
        |(?:abogad|asesori|despacho|experto|especialista|temas?)\w* (?:de|en)
         (?:derechos arco|habeas data|lfpdppp)
        |(?:pued\w+|podr\w+|derecho a) ejercer(?: \w+){{0,2}} derechos?(?: (?:de|a|al|la|arco|acceso
        |rectificacion|cancelacion|u|y|oposicion|supresion|habeas|data))*
        |(?:(?:me|le|nos|lo|la) (?:dieron|dio)|me han dado|(?:fui|fue) dad[oa]) de baja)
    """),
    unbooks=pattern(rf"""
        (?:(?:{REMOVE}(?:me|nos|la|lo|le)?|(?:de )?baja)(?: (?:ya|de|por favor|porfa|a|en)){{0,2}}
         (?:la|mi|nuestra|esa|esta|las|mis|el|del|de la) {APPOINTMENT}(?! de (?:datos|correos))
        |(?:eliminar|borrar|quitar) (?:{APPOINTMENT}))
    """),
    drops=pattern(rf"""
        (?:{REMOVAL}{BETWEEN} (?:{APPOINTMENT}|agenda|calendario|agendad[oa]|(?:la|mi|esa
        |esta) llamada)
        |{APPOINTMENT}(?: \w+){{0,4}} (?:ya no (?:la |lo )?(?:quiero|necesito|voy)|de baja|eliminen?
        |borren?|quiten?)
        |(?:ya )?no (?:la|lo) (?:quiero|necesito|ocupo)
        |(?:ya )?no quiero (?:ir|asistir|tener\w*|ya)|(?:ya )?no me agenden|desagend\w*
        |prefiero no (?:tener|ir|asistir)\w*|^mejor (?:ya )?no(?: gracias)?$|no (?:va a ser|sera
        |es) necesari[oa])
    """),
    about_meeting=pattern(r"""
        (?:cancel\w*|cambi\w*|mover\w*|mueve\w*|muevan\w*|pospon\w*|aplaz\w*|anul\w*|suspend\w*
        |no (?:puedo|podre|voy|vamos|ire|llego|asistire|alcanzo)
        |otr[oa] (?:dia|hora|fecha|momento)|tarde|retras\w*|mejor (?:el|a las|manana|otro))
    """),
    negates=pattern(r"""
        (?:(?:ya )?(?:no|nunca|ni|tampoco|jamas|sin)(?: (?:me|nos|te|le|les|se|lo|la|ya|mas)){0,2}
        (?: (?:quiero|quisiera|deseo|necesito|requiero|ocupo|gustaria|interesa|pienso|voy a|pretendo
        |hace falta|es necesario|vayan a|vayas a|vaya a)(?: (?:que|un|una|el|la|su|me|les
        |mas)){0,2})?
        )$
    """),
    hesitates=pattern(r"""
        (?:pero soy|pero (?:\w+ ){0,3}(?:interes|quier|paso|puedo|dig|yo|otr|mal|si\b|sol)\w*
        |(?<!no )(?<!no me )(?:si )?(?:me|le|nos) interesa(?! nada)|sino|nos vemos|que sigue
        |ahora si
        |(?<!no )(?:quiero|quisiera) (?:el|la|un|una|otro|otra|uno|agendar|contratar|esa|ese|volver
        |abrir|continuar|seguir|ese|saber|hablar)
        |(?<!no )si quiero|pedi el|dig(?:a|an)me|agend(?:o|emos|amos)|ya agende|mejor (?:el|la|a las
        |en la|por la)
        |(?<!ni )si (?:voy|puedo|acepto)|mi nombre (?:esta|es|va|aparece)|solo (?:en|el|la|quiero
        |me interesa))
    """),
    phrases=(
        Phrase(
            Intent.AUTOMATIC,
            "Respuesta automática: estaré fuera de la oficina",
            pattern(rf"""
                (?:(?:respuesta|mensaje|contestacion) automatic[oa]|auto ?respuesta|contestador
                |fuera de (?:la )?oficina|asistente virtual|soy un (?:bot|robot)
                |gracias por (?:comunicar|contactar|escribir)(?:te|se)? (?:con|a)
                 (?!mi\b|la brevedad)(?!.*\b{CALL_ME}\b)\w+(?!.*\b(?:me|nos) interesa)
                |nuestros? horarios? de (?:atencion|servicio|oficina) (?:es|son)
                |te comunicaste con \w+|(?:te|le|les) damos la bienvenida
                |(?:este|esta|nuestr[oa]) (?:numero|linea|cuenta|buzon|correo|chat|canal)
                (?: \w+){{0,4}} no (?:recibe|acepta|atiende|se monitorea|se revisa
                |esta (?:habilitad|disponible|monitoread)[oa]?)(?!.*\b{CALL_ME}\b)
                |no (?:respond|contest)(?:a|as|e|es|er|ar|an|en) (?:a )?est[ea] (?:mensaje|correo)
                |(?:marca|marque|digita|digite|presiona|presione|oprime|oprima|teclea|teclee|elige
                |elija|selecciona|seleccione|escribe|escriba|envia|envie)
                 (?:(?:el|la) )?(?:(?:numero|opcion) )?(?:una (?:de las )?(?:\w+ )?opcion(?:es)?
                |tu opcion|\d (?:para|si))
                |1 {DEPARTMENT}(?: \w+){{0,3}} 2 \w+
                |(?:estare|estoy|me encuentro) (?:fuera|ausente|de vacaciones
                |de licencia) (?:\w+ ){{0,4}}
                (?:del|de|hasta|con|sin) (?:\w+ ){{0,8}}(?:acceso|correo|regreso|reincorporo|oficina
                |urgente|urgencias?))
            """),
        ),
        Phrase(
            Intent.STOP,
            "quiero que me puedan dar de baja por favor",
            pattern(r"""
                (?:(?!dad[oa]s?\b)d\w{1,8}(?: \w+){0,3} de(?: la)? baja
                |(?<!no )(?:solicit\w*|pid\w*|quier\w*|dese\w*|exij\w*|necesit\w*|tramit\w*
                |procesa\w*)
                (?: (?:mi|la|una|el|esta|tramitar|que|por favor))* baja
                |baja (?:de lista|definitiva|inmediata|total|ya|de (?:la|esta|su|sus|mis|este|los
                |todo)\b
                |(?:a|de|del) (?:mi |este |el )?(?:numero|servicio de mensajes|servicio$|cel\w*))
                |d(?:ar(?:me)?|en(?:me)?|eme|ame|adme) (?:la )?baja
                |alto (?:a|con) (?:los|las|sus|estos|estas|tantos) \w+|causar baja|(?:pon
                |poner)\w* de baja)
            """),
        ),
        Phrase(
            Intent.STOP,
            "quítenme de su lista",
            pattern(rf"""
                (?:{REMOVE}(?:me|nos|lo|la|los)?(?: \w+){{0,6}} {REGISTER}
                |(?:quit|borr|elimin|retir)(?:en|e|a|ad|ar)(?:me|nos)(?!(?: \w+){{0,3}} dudas?)
                |que me (?:quiten|borren|eliminen|saquen|retiren)
                |(?<!por que )(?:me|nos) (?:quit|borr|elimin|sac|retir|baj)(?:an?|as|ais)
                 (?:ya$|de (?:(?:la|su|tu|esa|esta) )?{REGISTER}|de (?:ahi|aqui)|por favor|porfa)
                |baj(?:en|e|a|ar)(?:me|nos)(?: (?:de|ya)|$)
                |no (?:me|nos) (?:han )?(?:quit|borr|elimin|sac|retir)(?:an?|ado)(?: de|$)
                |(?:me|nos) (?:puede\w*|podria\w*|podes|podeis)(?: ya)? (?:eliminar|borrar|quitar
                |retirar|sacar)(?: (?:de|ya|por favor|porfa)\b|$)
                |ser (?:eliminad|removid|retirad|borrad|excluid|dad)[oa]s? de
                |(?:salirme|me (?:quito|borro|elimino|salgo|saco)|quitarme|borrarme
                |sacarme) de (?:la|su
                |esta|este|el) (?:lista|grupo|base|directorio|esto)
                |(?:remuev|suprim)(?:an|a|as)(?:me|nos)
                |numero(?: \w+){{0,3}} (?:borr|elimin|quit)en?l[oa]s?|salir de (?:la|su|esta) lista
                |no quiero (?:estar|aparecer|seguir) en (?:su|la|esa|esta|ninguna) (?:lista|base)
                |olvid(?:en|e|a)(?:se)? (?:de )?(?:mi|este) numero)
            """),
        ),
        Phrase(
            Intent.STOP,
            "cancelen mi suscripción",
            pattern(r"""
                (?:(?:cancel|anul|suspend|deten)\w* (?:\w+ ){0,2}(?:suscripcion|subscripcion
                |registro|mensajes
                |envios?|notificaciones|correos)
                |desuscri\w*|dessuscri\w*|desinscri\w*|desafili\w*|unsuscri\w*|desubscri\w*
                |desvincul\w*|me salgo
                |(?:sac|saqu)(?:a|e|en|ad)(?:me|nos) (?:ya )?de (?:aqui|aca|ahi|est[eo]|es[eo]))
            """),
        ),
        Phrase(
            Intent.STOP,
            "déjenme en paz",
            pattern(r"""
                (?:dej(?:en|e|a|ad|es)(?:me|nos)(?: ya)? (?:en paz|tranquil[oa]s?)|en paz
                |(?:ya )?basta(?! con| mandar| enviar| llenar| un| una| que| el)
                |(?:hart|cansad)[oa]s? (?:ya )?de (?:sus|tus|su|tu|tant[oa]s?|est[oa]s?|es[oa]s?
                |recibir
                |ustedes
                |que (?:me|nos) (?:llam|marqu|escrib|mand|molest)|(?:l[oa]s )?(?:llamad|mensaj
                |corre))
                |(?:me|nos) tienen (?:(?:ya|muy|bien|tan) )?(?:hart|cansad|aburrid|fastidiad
                |podrid)[oa]
                |ya me (?:cans|hart|fastidi)aron|hasta la madre
                |(?:me|nos) estan? (?:hart|cans|fastidi)ando|que hueva
                |[vb]ayan?(?:se)? a (?:molestar|chingar|joder|fregar)|que (?:pesad
                |molest)[oa]s?(?! es\b)|que insistentes?|vayanse? (?:a la|al) \w+
                |vete a la \w+|ching(?:uen|a|ue|ate)? (?:a )?(?:su|tu) madre
                |no (?:chinguen|mamen|jodan|friegu?en|rompan))
            """),
        ),
        Phrase(
            Intent.STOP,
            "los voy a reportar por spam",
            pattern(r"""
                (?:(?:los|les|te|lo|la) (?:(?:voy|vamos) a |acabo de |tengo |he )?(?:\w+ )?(?:report
                |denunci|bloque
                |demand)
                \w+|(?:report|denunci|bloque|demand)ar(?:e|los|lo|emos|te|les|las)\b
                |(?:voy|vamos) a (?:report|denunci|bloque|demand)ar (?:(?:a|con|en|ante
                |por) )?(?:(?:est
                |es)[eao]\w*|su|sus|tu|el|la)? ?(?:numeros?|empresa|spam|telefono|profeco|acoso)
                |^(?:profeco|condusef|repep)$|(?:a|con|en|ante) (?:la )?(?:profeco|repep)(?! \w+)
                |(?:es|puro|ya es|por|su) acoso(?! laboral| sexual| en)|acosando(?:me|nos)
                |(?:me|nos|estan) acosando|hostigamiento$|(?:esto (?:\w+ )?es|puro|son) spam
                |spammers?)
            """),
        ),
        Phrase(
            Intent.STOP,
            "solicito la cancelación de mis datos personales",
            pattern(rf"""
                (?:derechos? (?:de |a la |al )?(?:supresion|cancelacion|oposicion|olvido|arco)
                |habeas data|{RIGHT}(?: \w+){{0,4}} {DATA}
                |(?<!no )me opongo (?:a|al)|oposicion (?:a|al) (?:\w+ ){{0,2}}(?:tratamiento|uso)
                |(?:revoc|retir)\w* (?:(?:mi|el|la|del) )?(?:consentimiento|autorizacion|mi permiso)
                |(?:no|nunca) (?:les )?(?:tienen? mi|(?:di|doy|he dado)(?: mi| el
                | ningun)?) (?:permiso
                |consentimiento|autorizacion)|(?:en|a) (?:el )?(?:repep|rne)
                |(?:lfpdppp|rgpd|lopdgdd|lopd|ley 1581|ley 29733)(?: \w+){{0,5}} (?:borr|elimin
                |supri
                |cancelen)\w*
                |lista robinson|registro (?:publico )?(?:no llame|de no llamar
                |para evitar publicidad)
                |no (?:les )?(?:autorizo|he autorizado))
            """),
        ),
        Phrase(
            Intent.WRONG_NUMBER,
            "Se equivocó de número",
            pattern(r"""
                (?:(?<!mi )(?:numero|no|telefono|cel|celular|contacto|persona|correo) (?:esta )?
                (?:equivocad[oa]|incorrect[oa]|errone[oa])|numero mal$
                |(?:equivocad|confundid)[oa] de (?:numero|persona|telefono|contacto|cel|correo)
                |^(?:\w+ )?equivocad[oa](?: \w+)?$|^(?:\w+ )?equivocacion$|(?:te
                |se) confund\w+(?: de \w+|$)
                |ya no (?:usa|tiene|contesta) (?:este|ese) (?:numero|telefono|cel\w*)
                |^(?:\w+ ){0,3}(?:esta|estan|estas|estais)(?: usted(?:es)?)? equivocad[oa]s?
                |(?:se|te|os) (?:estan? |estas |han |haya |habeis )?equivoc\w+
                (?! (?:en|de (?!numero|persona|telefono|contacto|cel|correo|destinatario)
                |con (?!(?:el |la )?(?:numero|persona))))
                |este (?:ya )?no es (?:el|su|mi) (?:numero|telefono|celular|cel)
                |(?:este|ese|el) (?:numero|telefono|celular|cel) (?:ya )?(?:no (?:es|pertenece)
                 (?:de|del|a|al|mio|suyo)\b|es mio)
                |(?:este|ese) (?:numero )?es otro numero|cambio de (?:dueno|propietario)
                |no soy (?:esa|la|el|quien|aquel|ese) (?:persona|que|quien|busca\w*|indicad[oa])
                (?! (?:encargad|indicad|responsable))
                |no soy (?:ella|el)$|no soy (?:ella|el) (?!que)\w+|no soy (?:a )?quien
                |buscan? a otra persona|(?:es de|soy) otra persona
                |^(?:ese|este) numero no es$|no es mi[oa] (?:es[ea]|est[ea]|el)|no es mio$
                |no hice (?:ningun\w*|el|una) (?:solicitud|registro)
                |ya no (?:trabaja|vive|labora) (?:aqui|aca|en esta)|no soy yo
                |^yo no soy$
                |no es mi (?:nombre|correo|numero|telefono|mail|email|cel)$|no me llamo asi
                |me (?:esta\w* )?confund\w+(?: con (?:otr|alguien)\w*| de \w+|$)
                |(?:aqui|aca) no (?:vive|conocemos|hay (?:ningun\w*|nadie)|se encuentra (?:ningun
                |es)\w*
                |(?:trabaja|esta) (?:es[ea]|ningun\w*|nadie)|es$)|^no es (?:aqui|aca)$
                |no (?:lo |la )?conozco a (?:esa|ese|ningun\w*|nadie|quien)
                |no conozco (?:esa|a esa) persona
                |(?:no|nunca) (?:me )?(?:registre|inscribi|anote|llene|solicite|pedi)(?: en)?
                (?: ningun\w*| nada| esto| eso| informacion| informes| (?:un|el|su) formulario|$)
                |(?:yo )?no (?:les )?(?:pedi|solicite|he pedido|he solicitado)
                (?: ningun\w*| nada| esto| eso| informacion| informes|$)
                |no recuerdo haber (?:llenado|pedido|solicitado|dejado|dado)
                |^(?:\w+ ){0,5}(?:fallecio|murio|ha fallecido|fallecida?o?)(?: \w+){0,4}$)
            """),
        ),
        Phrase(
            Intent.REVIEW,
            "no soy juan",
            pattern(r"""
                (?:^(?:(?:hola|perdon|disculp\w+|yo) )*no (?:soy|me llamo) \w+(?: \w+)?$
                |(?:no )?se quien(?:es)? (?:son|es|eres)|no (?:los|las|te|le) conozco)
            """),
        ),
        Phrase(
            Intent.MEETING_CHANGE,
            "¿Podemos mover la cita al viernes?",
            pattern(rf"""
                (?:{CHANGE}(?: \w+){{0,4}} {MEETING}
                |{MEETING}(?: \w+){{0,5}} (?:{CHANGE}|para otr[oa]|a otr[oa]|otro dia|otra hora)
                |(?:re ?agend|reprogram|recalendariz|replan)\w*
                |(?:llegar|llego|ire|voy)(?: \w+){{0,3}} tarde
                |no (?:voy a poder|vamos a poder|podre|podremos|puedo|alcanzo a|alcanzare a)
                 (?:llegar|asistir|ir|estar|conectarme|presentarme|acudir|entrar)
                |(?:no|ya no) (?:ire|asistire|llego|voy a ir|voy a llegar|voy a asistir)
                (?: a la| hoy| manana| \w+ {MEETING}))
            """),
        ),
        Phrase(
            Intent.NOT_NOW,
            "Por el momento no, gracias",
            pattern(r"""
                (?:(?:por|de) (?:el momento|ahora|ahorita|lo pronto)(?: \w+){0,2} no
                |(?:no|ya no)(?: \w+){0,3} por (?:el momento|ahora|ahorita|lo pronto))
            """),
        ),
        Phrase(
            Intent.NO_INTEREST,
            "Ya no me interesa, gracias",
            pattern(rf"""
                (?:(?:ya )?no (?:me|nos|le|les) interes\w+
                (?! (?:es[ea]|el|la|este|esta|los|las) (?:horario|hora|dia|fecha|plan|paquete|modelo
                |opcion|sede|sucursal|{DAYS})| a esa| tanto| pagar)|no es de mi interes
                |no (?:estoy|estamos|tengo|tenemos|hay|esta)(?: \w+)?(?: interesad[oa]s?| interes)
                |ya no (?:estoy|ando) buscando
                |sin interes|perdi el interes
                |ya (?:(?:lo|la|me|nos|los) )?(?:contrat|compr|consegu|encontr|resolv|soluc|elegi
                |adquir|cerr|firm|inscrib)\w*
                (?: {DONE_WITH}| otr[oa]| un[oa]\b| eso| esto| gracias| muchas| mi problema| algo|$)
                |ya (?:me |nos )?decid\w* por otr\w*
                |ya (?:tengo|tenemos|cuento con|contamos con|estoy con|trabajo con)
                 (?:proveedor|a otr[oa]|otr[oa](?! cita| reunion| compromiso)|un[oa]?|quien|alguien)
                |(?:ya )?no (?:lo |la |los |las )(?:necesit|ocup|requi|busc)(?:o|amos|ero|erimos)
                |(?:ya )?no (?:necesit|ocup|requi|busc)(?:o|amos|ero|erimos)
                (?:$| (?:gracias|nada|sus?|tus?|el servicio|los servicios|de sus?|ayuda(?! con)
                |por favor|ya))
                |ya no (?:lo |la )?(?:quiero|queremos|quise|hace falta|es necesario|gracias)
                (?! (?:el|la|ese|esa|los) (?:{DAYS}|link|liga|hora)| esperar| que lo)
                |no gracias|gracias pero no|muchas gracias pero no|paso gracias|yo paso
                |desisti\w*|cambie de (?:opinion|idea|planes)|me arrepenti|lo (?:deje|dejo) (?:asi
                |ahi)
                |me fui con otr[oa]|nos fuimos con otr[oa]|decidi no|hemos decidido no
                |no (?:voy|vamos) a (?:contratar|comprar|seguir|continuar|querer)
                |^(?:la verdad )?no (?:quiero|queremos|deseo)(?: gracias)?$
                |ya (?:(?:lo|la|nos) )?(?:he|hemos|habia) (?:contratado|comprado|conseguido|resuelto
                |encontrado|elegido)
                |no (?:quiero|deseo) (?:continuar|seguir|contratar|comprar|nada
                |el servicio)(?! sin))
            """),
        ),
        Phrase(
            Intent.REVIEW,
            "ya no necesito el link",
            pattern(r"""
                (?:ya no (?:(?:lo|la) )?(?:quiero|queremos|necesito|ocupo|hace falta)
                |ya (?:me )?(?:decid|contrat|compr|resolv|cerr)\w*|no necesito que
                |poner(?:les)? una (?:denuncia|queja|demanda))
            """),
        ),
        Phrase(
            Intent.OPT_IN,
            "quiero que me den de alta",
            pattern(r"""
                (?:(?:(?:d[aeo]r?|den|des|dar)(?:me|nos)?|me (?:den|des|de))
                (?: (?:nuevamente|otra vez|de nuevo|por favor))? de alta
                (?! (?:del|en (?:el|la|hacienda|imss)|una?|mi)\b)
                |reactiv(?:ar|en|e|a)(?:me)? (?:(?:mis|los|mi|la) )?(?:mensajes|suscripcion|numero)
                |(?:quiero|quisiera|deseo|me gustaria) (?:volver a recibir|suscribirme
                |reactivar\w*))
            """),
        ),
        Phrase(
            Intent.WISH,
            "mejor escríbanme por WhatsApp",
            pattern(rf"""
                (?:(?:prefiero|preferiria|preferible|mejor|solo|unicamente|solamente|de preferencia)
                 (?:que )?(?:(?:me|nos) )?(?:\w+ )?(?:por|al|a mi|en|un|una|el|mi|x
                |con) ?(?:\w+ )?{MEANS}
                |(?:prefiero|preferiria|mejor|solo|solamente) (?:que )?(?:me )?{MEANS}
                |(?:prefiero|preferiria|mejor|solo|solamente) (?:que )?(?:me |nos )?
                (?:escrib|mand|envi|contact|text)\w+
                |(?:solo|unicamente|solamente) (?:puedo|atiendo|contesto|estoy|hay|por|en|despues
                |antes)
                |(?:escrib|mand|envi|contact)\w+ (?:mejor|por|x|al|a mi|solo) ?(?:\w+ )?{MEANS}
                |{MEANS} (?:mejor|por favor|nada mas|unicamente|es mejor)
                |prefiero (?:en|por) (?:la|las) (?:mananas?|tardes?|noches?)
                |prefiero (?:despues|antes) de)
            """),
        ),
        Phrase(
            Intent.WANTS_CALL,
            "¿Me pueden llamar a las 5?",
            pattern(r"""
                (?:(?:llam|marc)(?:ame|anme|adme)|llam(?:enme|eme)|marqu(?:enme|eme)
                |habl(?:ame|eme|enme)(?: \w+)? (?:por telefono|al|a las|a la|cuando)
                |(?:me|nos) (?:puede\w*|podria\w*|podes|podrias|pueden|podeis) (?:\w+ )?
                (?:llamar|marcar|hablar|devolver la llamada)
                |(?:puede\w*|podria\w*|podes|podeis) (?:\w+ )?(?:llamar|marcar)(?:me|nos)
                |(?:me|nos) (?:llam|marc|habl)(?:as|an|a|ais)
                 (?:por|a|al|manana|luego|mas|despues|ahora|en)
                |^(?:si )?(?:me|nos) (?:llam|marc)as$
                |(?:quiero|quisiera|prefiero|necesito|espero|me gustaria|deseo) (?:\w+ )?(?:\w+ )?
                (?:llam\w+|marqu\w+|llamada|hablar por telefono)
                |espero (?:su|tu|la|una) llamada|devu?elv\w+ la llamada|regres\w+ la llamada
                |(?:hablar|platicar|conversar) con (?:un|una|alguien|algun) ?(?:asesor|asesora
                |persona
                |humano|ejecutiv[oa]|vendedor)?|pueden? llamar|puedes? marcar|llamar manana)
            """),
        ),
        Phrase(
            Intent.WANTS_LINK,
            "Pásame el link",
            pattern(r"""
                (?:(?:mand|envi|pas|compart|dame|deme|denme|reenvi|quiero|necesito|ocupo|tienen
                |me das|me pasas|regala|facilita|cual es|donde esta)\w*(?: \w+){0,4} (?:links?
                |ligas?|enlaces?
                |vinculo|url)(?! no| que no)
                |^(?:el |la )?(?:link|liga|enlace)(?: por favor| porfa)?$
                |(?:quiero|quisiera|deseo|me gustaria|como|donde|puedo|necesito|para)
                 (?:\w+ )?(?:agend(?:ar\w*|o|amos)|reservar|sacar (?:una )?cita|hacer (?:una )?cita)
                |(?:quiero|quisiera|necesito|dame|deseo) (?:una |mi |la )?(?:cita|reunion|asesoria)
                |^(?:si )?(?:agendar|agendemos|agendo|quiero agendar))
            """),
        ),
        Phrase(
            Intent.NOT_NOW,
            "Ahorita no puedo, luego les aviso",
            pattern(rf"""
                (?:(?:ahorita|ahora|hoy|todavia|aun|en este momento|en estos momentos|estos dias)
                (?: \w+)? no|no(?: \w+)?(?: \w+)? (?:ahorita|ahora|hoy|todavia|en este momento
                |en estos momentos|atender|contestar|hablar|responder)
                |estoy (?:\w+ )?(?:ocupad[oa]|manejando|conduciendo|trabajando|en (?:una )?(?:junta
                |reunion|clase|clases|consulta|el trabajo|curso|llamada|misa|el medico)|de viaje
                |de vacaciones|fuera|comiendo|viajando)
                |(?:luego|despues|mas tarde|mas adelante|al rato|otro dia|en otro momento
                |otra ocasion|manana|la proxima semana|la semana que viene|el proximo mes|{DAYS})
                (?: \w+){{0,4}} (?:aviso|digo|escribo|marco|llamo|contacto|confirmo|reviso|veo|hablo
                |hablamos|contesto|busco|respondo|platicamos|vemos)
                |(?<!por eso )(?:les|te|le|yo los|yo te|los|lo) (?:aviso|digo|escribo|marco|llamo
                |contacto|busco
                |confirmo|hablo)|yo (?:les|te|los) \w+
                |(?:lo|la) (?:pienso|reviso|voy a pensar|checo|consulto|platico)|dejame (?:pensar\w*
                |ver\w*|revisar\w*|checar\w*)|dejeme (?:pensar\w*|ver\w*|revisar\w*)
                |^(?:luego|despues|mas tarde|mas adelante|al rato|ahorita no|otro dia)(?: \w+)?$
                |mas adelante|quizas? (?:luego|despues)|tal vez (?:luego|despues)|el proximo (?:mes
                |ano)
                |la proxima semana|despues de las? \w+|en (?:un|dos|tres|\d+) (?:mes|meses
                |semanas?))
            """),
        ),
        Phrase(
            Intent.QUESTION,
            "¿Cuánto cuesta?",
            pattern(r"""
                ^(?:(?:hola|buenas|buenos|dias|tardes|noches|y|oye|disculpa|disculpe|perdon|pero) )*
                (?:cuant[oa]s?|que|como|cuando|donde|quien|quienes|cual|cuales|por que|para que
                |para cuando|de donde|de que|de quien|con quien|a que|en que|tienen|tienes|tiene
                |hay|hacen|aceptan|manejan|puedo|se puede|es verdad|eres|son|sera)
                |(?:precios?|costos?|informes|mas info|mas informacion|cotizacion|cuanto cuesta
                |cuanto sale|cuanto vale|cuanto cobran|que precio|tengo (?:una |otra )?(?:dudas?
                |pregunta)|quisiera saber|quiero saber|me gustaria saber|me pueden decir)
            """),
        ),
    ),
    business=BUSINESS_ANSWERS,
)
