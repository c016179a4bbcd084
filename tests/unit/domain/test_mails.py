"""What of a mail its sender wrote."""

import pytest

from domain.mails import own_words


@pytest.mark.parametrize(
    "footer",
    [
        "Enviado desde mi iPhone",
        "Enviado desde mi Samsung Galaxy",
        "Enviado do meu iPhone",
        "Mensaje enviado desde mi celular",
        "Obtenha o Outlook para Android",
        "Sent from my iPhone",
        "Sent from Yahoo Mail on Android",
        "Obtener Outlook para iOS<https://aka.ms/o0ukef>",
        "[Get Outlook for Android](https://aka.ms/x)",
        "_Enviado con Proton Mail_",
        "-- \nAna Ruiz\nDirectora",
        "Saludos,\nJuan Pérez\nDirector General",
        "Atte.\nLic. Ana Ruiz",
        "Atentamente\nAna",
        "Reciba un cordial saludo,\nAna",
        "Gracias y saludos,\nAna",
        "Quedo atenta, saludos\nAna",
        "Quedo atenta\nAna",
        "Thanks & regards,\nBob",
        "Best regards,\nBob",
        "Atenciosamente,\nJoão",
        "*Saludos cordiales*\n\nAna",
        "AVISO DE CONFIDENCIALIDAD: si usted no es el destinatario, bórrelo y no lo reenvíe.",
        "Aviso legal: este correo puede contener datos. Elimínelo.",
        "Este mensaje y sus archivos adjuntos son para uso exclusivo del\ndestinatario: bórrelo.",
        "Si ha recibido este correo por error, elimine este mensaje de su sistema.",
        "Si recibe este mensaje por error, bórrelo.",
        "Si lo ha recibido por error, elimínelo.",
        "Caso tenha recebido por engano, apague.",
        "CONFIDENTIALITY NOTICE: please delete it and do not contact us.",
        "This e-mail is confidential. If it is not for you, please delete it.",
        "If you are not the intended recipient, delete this message.",
        "Esta mensagem pode conter informação confidencial. Apague e não responda.",
        "Se você recebeu esta mensagem por engano, exclua.",
        "The information transmitted is only for the person named: delete the material.",
        "La información de este correo es privada: elimínelo.",
        "En cumplimiento de la Ley de Protección de Datos, puede ejercer sus derechos ARCO.",
        "Si no desea recibir correos, dese de baja aquí.",
        "Si desea dejar de recibir estos correos, responda BAJA.",
        "De conformidad con la Ley 1581, sus datos son tratados: podrá pedir su supresión.",
        "Em conformidade com a LGPD, seus dados são tratados: peça a exclusão.",
        "Cláusula de protección de datos: puede pedir la supresión.",
        "Sus datos personales serán tratados por Demo. Puede pedir que los borren.",
        "Usted puede ejercer los derechos de cancelación y oposición.",
        "Unsubscribe | Privacy policy",
        "Darse de baja | Aviso de privacidad",
        "You can unsubscribe at any time.",
        "El jue, 12 nov 2026 a las 10:02, Pauta (<v@h.mx>)\nescribió:\n\n> BAJA",
        "El jue, 12 nov 2026 a las 10:02, Pauta (<v@h.mx>)\nescribió:\n\nresponde BAJA",
        "On Thu, Nov 12, 2026 at 10:02 AM Pauta <\nv@h.mx> wrote:\n> BAJA",
        "Em qui., 12 de nov. de 2026, 10:02, Pauta <v@h.mx> escreveu:\n> BAJA",
        "________________________________\nDe: Pauta\nBAJA",
        "De: Pauta <v@h.mx>\nEnviado: jueves\nBAJA",
        "From: Pauta\nSent: Thursday\nTo: Ana\nBAJA",
        "**De:** Pauta\n**Enviado el:** jueves\n\nBAJA",
        "Enviado: jueves\nPara: Ana\nAsunto: Hola\n\nBAJA",
        "-----Mensaje original-----\nBAJA",
        "---------- Forwarded message ---------\nBAJA",
    ],
)
def test_what_is_added_to_a_mail_is_cut(footer: str) -> None:
    assert own_words(f"Sí, mañana.\r\n\r\n{footer}") == "Sí, mañana."


@pytest.mark.parametrize(
    "text",
    [
        "De 4 a 6 por favor",
        "De: 4 a 6\nme queda bien",
        "El lunes a las 10\nme queda bien",
        "Saludos, ya no me manden correos",
        "Cordial saludo,\n\nSolicito la baja",
        "Este mensaje no es para mí, está dirigido a Juan",
        "Recibí este correo por error, bórrenme",
        "No me enviaron su aviso de privacidad. Denme de baja",
        "Conforme a la LFPDPPP ejerzo mis derechos ARCO: bórrenme",
        "Con fundamento en la LFPDPPP solicito la cancelación de mis datos",
        "Ley 1581: solicito la supresión de mis datos",
        "LGPD: solicito a exclusão dos meus dados",
        "¿Cómo puedo ejercer mi derecho de oposición?",
        "Quiero darme de baja | Ana",
        "Enviado el comprobante, ¿qué sigue?",
    ],
)
def test_a_persons_words_stay(text: str) -> None:
    assert own_words(text) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("El lun, Javier escribió:\n> Hola\n> BAJA\n\nSí, mañana", "Sí, mañana"),
        ("> ¿Te llamo?\nSí\n> ¿A las 5?\nA las 6", "Sí\nA las 6"),
        ("Gracias.\nSaludos\nAna\nP.D. Ya no me escriban", "Gracias.\nP.D. Ya no me escriban"),
        ("Enviado desde mi iPhone", ""),
    ],
)
def test_what_stands_below(text: str, words: str) -> None:
    assert own_words(text) == words
